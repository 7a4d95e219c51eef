// Curves as an SVG picture: both axes logarithmic, a line for each series.

const [WIDTH, HEIGHT] = [640, 360];
const MARGIN = { left: 70, right: 150, top: 40, bottom: 50 };
/** Told apart without colours too: by their marks, which differ in form. */
const STYLES = [
  { colour: "#0b62a4", mark: (x, y) => `<circle cx="${x}" cy="${y}" r="4"/>` },
  { colour: "#c8501e", mark: (x, y) => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>` },
  { colour: "#3a7d34", mark: (x, y) => `<path d="M${x - 5} ${y + 4}h10l-5 -9z"/>` },
  { colour: "#7b3f98", mark: (x, y) => `<path d="M${x - 5} ${y}l5 -5l5 5l-5 5z"/>` },
];

/**
 * @param {{ title: string, x: string, y: string, series: { name: string, points: (readonly [number, number])[] }[] }} chart
 * @returns the file's text
 */
export function plot({ title, x: xName, y: yName, series: given }) {
  // What is 0 has no place on a logarithmic axis.
  const series = given.map(({ name, points }) => ({ name, points: points.filter(([x, y]) => x > 0 && y > 0) }));
  const all = series.flatMap(({ points }) => points);
  const xs = axis(all.map(([x]) => x), MARGIN.left, WIDTH - MARGIN.right); // prettier-ignore
  const ys = axis(all.map(([, y]) => y), HEIGHT - MARGIN.bottom, MARGIN.top); // prettier-ignore
  const text = (x, y, anchor, content, more = "") =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}"${more}>${escape(content)}</text>`;
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
  const grid = [
    ...xs.ticks.map((value) => `<path d="M${xs.at(value)} ${top}V${bottom}"/>`),
    ...ys.ticks.map((value) => `<path d="M${left} ${ys.at(value)}H${right}"/>`),
  ];
  const labels = [
    ...xs.ticks.map((value) => text(xs.at(value), bottom + 18, "middle", short(value))),
    ...ys.ticks.map((value) => text(left - 8, ys.at(value) + 4, "end", short(value))),
    text((left + right) / 2, HEIGHT - 10, "middle", xName),
    text(16, (top + bottom) / 2, "middle", yName, ` transform="rotate(-90 16 ${(top + bottom) / 2})"`),
    text(left, 22, "start", title, ' font-weight="bold"'),
  ];
  const lines = series.map(({ name, points }, index) => {
    const { colour, mark } = STYLES[index % STYLES.length];
    const places = points.map(([x, y]) => [xs.at(x), ys.at(y)]);
    const path = places.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x} ${y}`).join("");
    const marks = places.map(([x, y]) => mark(x, y)).join("");
    const key = top + 10 + 20 * index;
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<g fill="${colour}">${marks}${mark(right + 16, key)}</g>`,
      text(right + 28, key + 4, "start", name),
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<g stroke="#ddd" fill="none">\n${grid.join("\n")}\n</g>`,
    ...labels,
    ...lines,
    "</svg>\n",
  ].join("\n");
}

/** Places on a logarithmic axis, from a power of ten to another one where the values allow it. */
function axis(values, from, to) {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(10 ** Math.ceil(Math.log10(Math.max(...values))), 10 * low);
  const decades = Math.log10(high / low);
  const at = (value) => Math.round((from + ((to - from) * Math.log10(value / low)) / decades) * 10) / 10;
  return { at, ticks: Array.from({ length: Math.round(decades) + 1 }, (_, n) => low * 10 ** n) };
}

function short(value) {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(Number(value.toPrecision(3)));
}

function escape(content) {
  return content.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character]);
}

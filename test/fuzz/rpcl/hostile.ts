/** Sources that ask for too much: depth, length, number, repetition. */
import type { Random } from "../random.ts";

const MEGABYTE = 1_000_000;

type Hostile = (random: Random, n: number) => string;

/** Each with a count of its own, of some thousands at the most. */
const shapes: readonly Hostile[] = [
  (random, n) => `struct a { ${random.pick(["struct {", "union switch (int x) { case 1: ", "struct "]).repeat(n)}`,
  (_, n) => `struct a { ${"struct { ".repeat(n)} int x; ${"} y; ".repeat(n)} };`,
  (random, n) => `const A = ${random.pick(["(", "-", "~", "!", "1+", "1 ? ", "1 << "]).repeat(n)}1;`,
  (random, n) => random.pick(["((((", "[[[[", "<<<<", "{{{{", "}}}}", ";;;;", "****", "%%%%", "####"]).repeat(n),
  (_, n) => `struct ${"a".repeat(n)} { int ${"b_".repeat(n)}; };`,
  (random, n) => `const A = ${random.pick(["", "-", "0x", "0"])}${random.pick(["9", "f", "7", "0"]).repeat(n)};`,
  (random, n) => `struct a { int x; }; ${random.pick(["/*", "//", '"', "'", "%", "#", "\\"])}${"x".repeat(n)}`,
  (_, n) => `/*${"*".repeat(n)}/ const A = 1; /${"*".repeat(n)}`,
  (_, n) => `enum e { ${many(n, (at) => `E${at}${at % 3 === 0 ? ` = ${n - at}` : ""}`).join(", ")} };`,
  (_, n) => many(n, (at) => `const c${at} = c${(at + 1) % n};`).join("\n"),
  (_, n) => many(n, (at) => `typedef t${(at + 1) % n} t${at};`).join("\n"),
  (random, n) => {
    const link = random.pick(["x", "*x", "x<>", "x[2]", "x<3>"]);
    return many(n, (at) => `struct s${at} { s${(at + 1) % n} ${link}; };`).join("\n");
  },
  (_, n) => `union u switch (int d) { ${many(n, (at) => `case ${at}: int f${at};`).join(" ")} default: void; };`,
  (_, n) => `struct s { ${many(n, (at) => `int f${at % 97};`).join(" ")} };`,
  (_, n) => `program P { version V { ${many(n, (at) => `void F${at}(void) = ${at};`).join(" ")} } = 1; } = 5;`,
  (_, n) => `program P { ${many(n, (at) => `version V${at} { void F(void) = 1; } = ${at};`).join(" ")} } = 5;`,
  // Macros that double, that go round, that nest.
  (_, n) => {
    const levels = Math.min(n, 400);
    const macros = many(levels, (at) => `#define M${at} M${at + 1} M${at + 1}`).join("\n");
    return `${macros}\nstruct s { int M0; };`;
  },
  (_, n) => `${many(n, (at) => `#define M${at} M${(at + 1) % n}`).join("\n")}\nconst A = M0;`,
  (_, n) => `#define F(x) x x\nconst A = ${"F(".repeat(n)}1${")".repeat(n)};`,
  (_, n) => `#define F(${many(n, (at) => `a${at}`).join(",")}) a0\nconst A = F(${many(n, String).join(",")});`,
  (_, n) => `#define F(a, b) a##b\nstruct F(${"x".repeat(n)}, ${"y".repeat(n)}) { int z; };`,
  (random, n) => random.pick(["#if 1\n", "#if 0\n", "#ifdef X\n", "#else\n", "#endif\n", "#elif 1\n"]).repeat(n),
  (random, n) =>
    `#if ${random.pick(["(", "!", "-", "~", "1 ? ", "defined ", "1 || ", "1 / 0 + "]).repeat(n)}1\n#endif\n`,
  (_, n) => '#include "fuzz.x"\nconst A = 1;\n'.repeat(Math.min(n, 200)),
  (random, n) => random.pick(['# 1 "a.x"\n', "#line 3\n", "#pragma x\n", "%x\n", "%#define A 1\n", "\\\n"]).repeat(n),
  (_, n) => `struct a {${"\n%ts // line".repeat(n)}\n int x; };`,
];

/** One of the shapes, mostly small, at times a few thousands of it. */
export function hostile(random: Random): string {
  return random.pick(shapes)(random, size(random));
}

/** About a megabyte of lines that `make` gives. */
export function megabyte(random: Random, make: (random: Random) => string): string {
  const parts: string[] = [];
  let length = 0;
  const repeated = random.oneIn(2) ? `${make(random)}\n` : undefined;
  while (length < MEGABYTE) {
    const part = repeated ?? `${make(random)}\n`;
    parts.push(part);
    length += part.length;
  }
  return parts.join("").slice(0, MEGABYTE);
}

function size(random: Random): number {
  return random.oneIn(8) ? random.between(1000, 10_000) : random.between(1, 300);
}

function many<T>(count: number, each: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => each(at));
}

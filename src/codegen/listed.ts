/** `a`, `a and b`, `a, b and c`; of many the first ones, and how many more. */
export function listed(items: readonly string[], max = 4): string {
  const shown = items.length > max ? [...items.slice(0, max - 1), `${items.length - max + 1} more`] : items;
  return [shown.slice(0, -1).join(", "), shown.at(-1) ?? ""].filter((it) => it !== "").join(" and ");
}

/** The `.x` files whose types go through C, by their names without `.x`. */
export const FILES: readonly string[] = [
  "integers",
  "reals",
  "bytes",
  "compounds",
  "unions",
  "recursion",
  "builtin-names",
];

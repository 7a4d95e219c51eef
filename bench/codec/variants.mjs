// The forms of generated code that are measured: the folder of each, the options that make it, and what its values are.
import { withHypers } from "./values.mjs";

export const variants = [
  { name: "default", options: {} },
  { name: "number", options: { hyper: "number" } },
  { name: "typed", options: { arrays: "typed" } },
];

export function toVariant(variant, value, workload) {
  if (variant === "number") return withHypers(value, Number);
  if (variant === "typed" && workload === "ints") return Int32Array.from(value);
  if (variant === "typed" && workload === "doubles") return Float64Array.from(value);
  return value;
}

/** What the types of open enums allow, and what they refuse. */
import { Color, type Complete, type Pixel, type Result, type Shape, isColor } from "./input.js";

// Members, and any other number.
export const red: Color = Color.RED;
export const odd: Color = 7;
export const pixel: Pixel = { x: 1, c: Color.BLUE, under: 1000 };
// @ts-expect-error: a string is no number.
export const text: Color = "RED";

/** The type still lists its members: `number` would have swallowed them. */
type Members = Extract<Color, 0 | 1 | 2>;
export const members: { readonly [member in Members]: string } = { 0: "red", 1: "green", 2: "blue" };
// @ts-expect-error: blue is missing.
export const lacking: { readonly [member in Members]: string } = { 0: "red", 1: "green" };

/** The guard narrows to the members. */
export function name(color: Color): string {
  return isColor(color) ? members[color] : color.toFixed();
}

/** Without a default the discriminant is one of those listed. */
export function area(shape: Shape): number {
  return shape.c === Color.RED ? shape.radius : shape.name.length;
}
// @ts-expect-error: no arm is for 7.
export const unlisted: Shape = { c: 7 };

/** With one, it is any number, and the fields tell the arms apart. */
export function summary(result: Result): string {
  if (result.data !== undefined) return `${result.data.length} bytes`;
  if (result.path !== undefined) return result.path;
  return `status ${result.status}`;
}
export const stale: Result = { status: 70 };
export const unheard: Result = { status: 12345 };
// @ts-expect-error: fields of two arms.
export const both: Result = { status: 0, data: new Uint8Array(), path: "" };

export const beyond: Complete = { c: 3, code: 3 };
export const listed: Complete = { c: Color.GREEN };

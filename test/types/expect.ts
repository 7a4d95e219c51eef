/** Whether two types are the same, not merely assignable; `any` is the same as nothing. */
export type Equal<A, B> = 0 extends 1 & A ? false : [A, B] extends [B, A] ? true : false;

/** Compiles where the two types are the same. */
export function sameType<A, B>(holds: Equal<A, B>): void {
  if (!holds) throw new Error("compared when it was compiled");
}

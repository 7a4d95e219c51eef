/** Thrown where a text is of no form that is known here: prettier is to lay it out. It never leaves this folder. */
export class Refusal extends Error {}

export function refuse(why: string): never {
  throw new Refusal(why);
}

/** Small pieces of TypeScript text. */

/** A string literal. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** A property's name in an object literal: `__proto__` there would set the prototype. */
export function propertyKey(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : name;
}

/** `name: value`, or the name alone. */
export function property(name: string, value: string): string {
  return name === value ? name : `${propertyKey(name)}: ${value}`;
}

/** A constant's literal: as the `.x` spells it where that is hexadecimal, a bigint where a number would be inexact. */
export function integerLiteral(value: bigint, spelling: string | undefined): string {
  const hex = spelling !== undefined && /^-?0x[0-9a-f]+$/i.test(spelling) && parseHex(spelling) === value;
  const digits = hex ? spelling.replace("X", "x") : value.toString();
  const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return exact ? digits : `${digits}n`;
}

function parseHex(spelling: string): bigint {
  return spelling.startsWith("-") ? -BigInt(spelling.slice(1)) : BigInt(spelling);
}

/** The literal of a union's label. */
export function labelLiteral(value: number | bigint, isBigint: boolean): string {
  return isBigint ? `${value}n` : String(value);
}

/** The expressions of `#if`: C's integers of 64 bits, signed or unsigned (ISO C, 6.10.1). */
import { MAX_NESTING } from "../limits.ts";
import type { Token } from "./tokens.ts";

interface Value {
  readonly value: bigint;
  readonly isUnsigned: boolean;
}

/** What is wrong with an expression, and at which token; undefined at its end. */
export class ExpressionError extends Error {
  readonly token: Token | undefined;

  constructor(message: string, token: Token | undefined) {
    super(message);
    this.token = token;
  }
}

/** The value of tokens in which `defined` and macros are already replaced. Throws {@link ExpressionError}. */
export function evaluate(tokens: readonly Token[]): bigint {
  const parser = new Parser(tokens);
  const { value } = parser.conditional(true);
  parser.expectEnd();
  return value;
}

type Operation = (a: bigint, b: bigint) => bigint | boolean;

/** From the loosest to the tightest. */
const LEVELS: readonly Readonly<Record<string, Operation>>[] = [
  { "||": (a, b) => a !== 0n || b !== 0n },
  { "&&": (a, b) => a !== 0n && b !== 0n },
  { "|": (a, b) => a | b },
  { "^": (a, b) => a ^ b },
  { "&": (a, b) => a & b },
  { "==": (a, b) => a === b, "!=": (a, b) => a !== b },
  { "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b },
  // As gcc has it, which shifts the other way where the number is negative.
  { "<<": (a, b) => shifted(a, b), ">>": (a, b) => shifted(a, -b) },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b },
];

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  #fail(message: string): never {
    throw new ExpressionError(message, this.#tokens[this.#at]);
  }

  expectEnd(): void {
    const rest = this.#peek();
    if (rest !== undefined) this.#fail(`'${rest}' is not expected here`);
  }

  /** `isLive` is false in the part of `?:`, `&&`, `||` that is not evaluated, where a division by zero is no mistake. */
  conditional(isLive: boolean): Value {
    const condition = this.#binary(0, isLive);
    if (this.#peek() !== "?") return condition;
    this.#at += 1;
    const isTrue = condition.value !== 0n;
    const yes = this.#nested(() => this.conditional(isLive && isTrue));
    if (this.#peek() !== ":") this.#fail("'?' needs its ':'");
    this.#at += 1;
    const no = this.#nested(() => this.conditional(isLive && !isTrue));
    return { value: isTrue ? yes.value : no.value, isUnsigned: yes.isUnsigned || no.isUnsigned };
  }

  #binary(level: number, isLive: boolean): Value {
    const operations = LEVELS[level];
    if (operations === undefined) return this.#unary(isLive);
    let left = this.#binary(level + 1, isLive);
    for (;;) {
      const operator = this.#peek() ?? "";
      const operation = Object.hasOwn(operations, operator) ? operations[operator] : undefined;
      if (operation === undefined) return left;
      const at = this.#tokens[this.#at];
      this.#at += 1;
      const isSettled = (operator === "||" && left.value !== 0n) || (operator === "&&" && left.value === 0n);
      const right = this.#binary(level + 1, isLive && !isSettled);
      if ((operator === "/" || operator === "%") && right.value === 0n) {
        if (isLive) throw new ExpressionError("a division by zero", at);
        left = { ...left, value: 0n };
        continue;
      }
      left = applied(operator, operation, left, right);
    }
  }

  #unary(isLive: boolean): Value {
    const operator = this.#peek();
    if (operator === "!" || operator === "-" || operator === "+" || operator === "~") {
      this.#at += 1;
      const { value, isUnsigned } = this.#nested(() => this.#unary(isLive));
      if (operator === "!") return { value: value === 0n ? 1n : 0n, isUnsigned: false };
      return wrapped(operator === "-" ? -value : operator === "~" ? ~value : value, isUnsigned);
    }
    return this.#primary(isLive);
  }

  #primary(isLive: boolean): Value {
    const token = this.#tokens[this.#at];
    if (token === undefined) this.#fail("the expression ends too early");
    this.#at += 1;
    if (token.text === "(") {
      const value = this.#nested(() => this.conditional(isLive));
      if (this.#peek() !== ")") this.#fail("'(' needs its ')'");
      this.#at += 1;
      return value;
    }
    // A name that is no macro is 0.
    if (token.kind === "name") return { value: 0n, isUnsigned: false };
    if (token.kind === "number") return number(token);
    if (token.kind === "quoted" && token.text.startsWith("'")) {
      const value = characterValue(token.text);
      if (value !== undefined) return { value: BigInt(value), isUnsigned: false };
    }
    throw new ExpressionError(`'${token.text}' is not expected here`, token);
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING) this.#fail(`the expression is nested more than ${MAX_NESTING} deep`);
    const result = parse();
    this.#depth -= 1;
    return result;
  }
}

function shifted(value: bigint, by: bigint): bigint {
  if (by >= 64n) return 0n;
  return by >= 0n ? value << by : value >> (by < -64n ? 64n : -by);
}

function applied(operator: string, operation: Operation, left: Value, right: Value): Value {
  const isShift = operator === "<<" || operator === ">>";
  const isUnsigned = left.isUnsigned || (right.isUnsigned && !isShift);
  const convert = (value: bigint): bigint => (isUnsigned ? BigInt.asUintN(64, value) : value);
  const result = operation(convert(left.value), isShift ? right.value : convert(right.value));
  if (typeof result === "boolean") return { value: result ? 1n : 0n, isUnsigned: false };
  return wrapped(result, isUnsigned);
}

function wrapped(value: bigint, isUnsigned: boolean): Value {
  return { value: isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value), isUnsigned };
}

function number(token: Token): Value {
  const match = /^(0[xX][0-9a-fA-F]+|\d+)([uUlL]{0,3})$/.exec(token.text);
  const [, digits = "", suffix = ""] = match ?? [];
  const isOctal = /^0\d/.test(digits);
  if (match === null || digits.length > 24 || (isOctal && /[89]/.test(digits))) {
    throw new ExpressionError(`'${token.text}' is not an integer`, token);
  }
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (value >= 1n << 64n) throw new ExpressionError(`${token.text} does not fit in 64 bits`, token);
  return { value, isUnsigned: /u/i.test(suffix) || value >= 1n << 63n };
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** The value of C's character constant, quotes included: one byte, as a signed char. Undefined where it is none. */
export function characterValue(text: string): number | undefined {
  const [, plain, escape, octal, hex] =
    /^'(?:([^'\\\r\n])|\\([abefnrtv'"?\\])|\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2}))'$/u.exec(text) ?? [];
  const code =
    plain?.codePointAt(0) ??
    (escape === undefined ? undefined : (ESCAPES[escape] ?? escape.charCodeAt(0))) ??
    (octal === undefined ? undefined : parseInt(octal, 8)) ??
    (hex === undefined ? undefined : parseInt(hex, 16));
  // Beyond ASCII a character takes several bytes, or one that depends on the encoding: C has no one answer.
  if (code === undefined || code > 0xff || (plain !== undefined && code > 0x7f)) return undefined;
  return (code << 24) >> 24;
}

/** Macros and the table of those that are defined. */
import type { Span } from "../ast.ts";
import { scanTokens, textOf, type Token } from "./tokens.ts";

export interface Macro {
  readonly name: string;
  /** Undefined for one without parentheses. */
  readonly parameters: readonly string[] | undefined;
  /** The last parameter is `...`: it takes all further arguments, and is called `__VA_ARGS__`. */
  readonly isVariadic: boolean;
  readonly body: readonly Token[];
  /** Undefined for one of the command line, or one that is there from the start. */
  readonly span: Span | undefined;
  /** Its body is the place of its use. */
  readonly standsFor?: "line" | "file";
}

/** Macros that C rpcgen sets, one for each of its outputs. */
export const PASSES = ["RPC_HDR", "RPC_XDR", "RPC_SVC", "RPC_CLNT", "RPC_TBL"] as const;
export type Pass = (typeof PASSES)[number];

const NO_BODY = { parameters: undefined, isVariadic: false, body: [], span: undefined };

/** Those of ISO C (6.10.8) that do not change with the machine, the compiler or the day. */
export const PREDEFINED: readonly Macro[] = [
  { ...NO_BODY, name: "__LINE__", standsFor: "line" },
  { ...NO_BODY, name: "__FILE__", standsFor: "file" },
  { ...NO_BODY, name: "__STDC__", body: [...scanTokens("1")] },
];

export class MacroTable {
  readonly #macros = new Map<string, Macro>();
  #passWasAsked = false;

  /** Whether anything depended on which pass this is. */
  get passWasAsked(): boolean {
    return this.#passWasAsked;
  }

  /**
   * Whether some macro's name occurs in a stretch of text. Few macros are looked for one by one, which takes a fraction of
   * the time of cutting the text into tokens.
   */
  mayOccurIn(text: string, start: number, end: number): boolean {
    if (this.#macros.size > 16 + PREDEFINED.length) return true;
    const stretch = text.slice(start, end);
    return [...this.#macros.keys()].some((name) => stretch.includes(name));
  }

  find(name: string): Macro | undefined {
    if (name.startsWith("RPC_") && PASSES.some((pass) => pass === name)) this.#passWasAsked = true;
    return this.#macros.get(name);
  }

  define(macro: Macro): void {
    this.#macros.set(macro.name, macro);
  }

  undefine(name: string): void {
    this.#macros.delete(name);
  }
}

/** Reads `NAME body` or `NAME(a, b) body`, as it stands behind `#define`; a string says what is wrong. */
export function parseMacro(text: string, span: Span | undefined): Macro | string {
  const [first, ...rest] = scanTokens(text);
  if (first?.kind !== "name") return "a macro needs a name";
  if (first.text === "defined") return "'defined' can't be a macro";
  const base = { name: first.text, span };
  const [open] = rest;
  if (open?.text !== "(" || open.spaced) {
    return pasteProblem(first.text, rest) ?? { ...base, parameters: undefined, isVariadic: false, body: rest };
  }
  const close = rest.findIndex(({ text: it }) => it === ")");
  if (close < 0) return `the parameters of '${first.text}' have no ')'`;
  const parameters = parseParameters(rest.slice(1, close));
  if (parameters === undefined) return `the parameters of '${first.text}' are not names with commas between them`;
  const isVariadic = parameters.at(-1) === "__VA_ARGS__";
  const body = rest.slice(close + 1);
  const lost = body.some(({ text: it }, at) => it === "#" && !parameters.includes(body[at + 1]?.text ?? ""));
  if (lost) return `'#' in '${first.text}' has no parameter behind it`;
  return pasteProblem(first.text, body) ?? { ...base, parameters, isVariadic, body };
}

function pasteProblem(name: string, body: readonly Token[]): string | undefined {
  const isAtEnd = body.at(0)?.text === "##" || body.at(-1)?.text === "##";
  return isAtEnd ? `'##' has nothing before or behind it in '${name}'` : undefined;
}

function parseParameters(tokens: readonly Token[]): string[] | undefined {
  if (tokens.length === 0) return [];
  const names: string[] = [];
  const groups = textOf(tokens).split(",");
  for (const [at, group] of groups.entries()) {
    const name = group.replaceAll(" ", "");
    const isLast = at === groups.length - 1;
    if (name === "..." && isLast) names.push("__VA_ARGS__");
    else if (/^[A-Za-z_]\w*$/.test(name) && !names.includes(name)) names.push(name);
    else return undefined;
  }
  return names;
}

/** Whether two definitions say the same: then the second is no mistake (ISO C, 6.10.3). */
export function sameMacro(a: Macro, b: Macro): boolean {
  if (a.standsFor !== b.standsFor) return false;
  return a.parameters?.join() === b.parameters?.join() && textOf(a.body) === textOf(b.body);
}

/** Most names of a condition that are tried. */
const MAX_TRIED = 16;

/**
 * A macro that is named in a condition, and with which, as `-D` would give it, the condition would hold; those that rpcgen sets
 * do not count.
 */
export function missingMacro(condition: string, macros: MacroTable, holds: () => boolean): string | undefined {
  const names = [...scanTokens(condition)].filter(({ kind, text }) => kind === "name" && text !== "defined");
  return [...new Set(names.map(({ text }) => text))].slice(0, MAX_TRIED).find((name) => {
    if (PASSES.some((pass) => pass === name) || macros.find(name) !== undefined) return false;
    const macro = parseMacro(`${name} 1`, undefined);
    if (typeof macro === "string") return false;
    macros.define(macro);
    const isHeld = holds();
    macros.undefine(name);
    return isHeld;
  });
}

/**
 * Macro expansion, as ISO C 6.10.3 has it: arguments are expanded first, then what comes out is looked at again, and no
 * macro is replaced in its own replacement.
 */
import { MAX_EXPANSION, MAX_NESTING } from "../limits.ts";
import type { Macro, MacroTable } from "./macros.ts";
import type { SourceText } from "./source.ts";
import { scanTokens, textOf, type Token } from "./tokens.ts";

/** What stops an expansion; the preprocessor reports it. */
export class ExpansionError extends Error {
  readonly code: "macro-too-large" | "macro-arguments";

  constructor(code: "macro-too-large" | "macro-arguments", message: string) {
    super(message);
    this.code = code;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Tokens made by all the expansions of a run. */
export class Expander {
  /** The file that is read: what `__LINE__` and `__FILE__` mean. */
  source: SourceText | undefined;
  readonly #macros: MacroTable;
  #made = 0;
  #depth = 0;

  constructor(macros: MacroTable) {
    this.#macros = macros;
  }

  /** A macro whose use begins with `token`; undefined where there is none. */
  macroAt(token: Token): Macro | undefined {
    if (token.kind !== "name" || token.hidden?.has(token.text) === true) return undefined;
    return this.#macros.find(token.text);
  }

  /** All tokens with their macros replaced. */
  expandAll(tokens: readonly Token[]): Token[] {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING)
      throw tooLarge(`macros are used in each other's arguments more than ${MAX_NESTING} deep`);
    const expanded: Token[] = [];
    // In reverse, so that the next one is at the end.
    const rest = tokens.toReversed();
    for (let token = rest.pop(); token !== undefined; token = rest.pop()) {
      const macro = this.macroAt(token);
      const replacement =
        macro &&
        this.replace(
          macro,
          token,
          () => rest.pop(),
          () => rest.at(-1),
        );
      if (replacement === undefined) expanded.push(token);
      else for (const made of replacement.reverse()) rest.push(made);
    }
    this.#depth -= 1;
    return expanded;
  }

  /**
   * What the use of `macro` at `token` becomes, once, not yet looked at again. `next` takes the tokens behind it, `peek`
   * looks at the first. Undefined where a macro with parameters stands without `(`. Throws {@link ExpansionError}.
   */
  replace(
    macro: Macro,
    token: Token,
    next: () => Token | undefined,
    peek: () => Token | undefined,
  ): Token[] | undefined {
    let args: Token[][] = [];
    let hidden = token.hidden ?? NONE;
    if (macro.parameters !== undefined) {
      if (peek()?.text !== "(") return undefined;
      const found = readArguments(macro, macro.parameters, next);
      args = found.args;
      // Where the arguments come from outside of a macro, so does what is made of them.
      hidden = new Set([...hidden].filter((name) => found.close.hidden?.has(name) === true));
    }
    hidden = new Set([...hidden, macro.name]);
    const made = this.#substitute(macro, args, token.offset).map((it, at): Token => ({
      ...it,
      spaced: at === 0 ? token.spaced : it.spaced,
      hidden: it.hidden === undefined ? hidden : new Set([...it.hidden, ...hidden]),
    }));
    // The names that are hidden are copied with each use.
    this.#made += made.length + 1 + Math.floor(hidden.size / 4);
    if (this.#made > MAX_EXPANSION) throw tooLarge(`macros grow to more than ${MAX_EXPANSION} words`);
    if (hidden.size > MAX_NESTING) throw tooLarge(`macros use each other more than ${MAX_NESTING} deep`);
    return made;
  }

  /** Words of the macro itself get the place of its use; those of arguments keep theirs. */
  #substitute(macro: Macro, args: readonly (readonly Token[])[], offset: number): Token[] {
    if (macro.standsFor !== undefined) return [this.#place(macro.standsFor, offset)];
    const { parameters } = macro;
    const body = macro.body.map((token): Token => ({ ...token, offset }));
    if (parameters === undefined && !body.some(({ text }) => text === "##")) return body;
    const argument = (token: Token | undefined): readonly Token[] | undefined => {
      const at = token?.kind === "name" ? (parameters?.indexOf(token.text) ?? -1) : -1;
      return at < 0 ? undefined : (args[at] ?? []);
    };
    const made: Token[] = [];
    for (let at = 0; at < body.length; at += 1) {
      const token = body[at];
      const following = body[at + 1];
      if (token === undefined) break;
      if (token.text === "#" && parameters !== undefined && argument(following)) {
        made.push({ ...token, kind: "quoted", text: JSON.stringify(textOf(argument(following) ?? [])) });
        at += 1;
      } else if (token.text === "##" && following !== undefined) {
        const left = made.pop();
        const [right, ...others] = argument(following) ?? [following];
        made.push(...pasted(left, right), ...others);
        at += 1;
      } else {
        const given = argument(token);
        // Beside ## an argument goes in as it is, else expanded.
        const values = given && (following?.text === "##" ? given : this.expandAll(given));
        if (values === undefined) made.push(token);
        else if (values.length === 0 && following?.text === "##") made.push({ ...token, kind: "other", text: "" });
        else made.push(...values.map((it, index) => (index === 0 ? { ...it, spaced: token.spaced } : it)));
      }
    }
    // What stands for an empty argument beside ## has done its work.
    return made.filter(({ text }) => text !== "");
  }

  #place(what: "line" | "file", offset: number): Token {
    const { file, line } = this.source?.position(offset) ?? { file: "", line: 0 };
    return what === "line"
      ? { kind: "number", text: String(line), offset, spaced: false }
      : { kind: "quoted", text: JSON.stringify(file), offset, spaced: false };
  }
}

function pasted(left: Token | undefined, right: Token | undefined): Token[] {
  if (left === undefined || right === undefined) return [left ?? right].filter((it) => it !== undefined);
  if (left.text === "") return [right];
  const words = [...scanTokens(left.text + right.text)];
  if (words.length !== 1) {
    throw new ExpansionError("macro-arguments", `'##' makes no word of '${left.text}' and '${right.text}'`);
  }
  return words.map((it) => ({ ...it, spaced: left.spaced, offset: left.offset }));
}

function tooLarge(message: string): ExpansionError {
  return new ExpansionError("macro-too-large", message);
}

/** The arguments between the parentheses that come next. */
function readArguments(
  macro: Macro,
  parameters: readonly string[],
  next: () => Token | undefined,
): { args: Token[][]; close: Token } {
  next(); // (
  const args: Token[][] = [[]];
  let depth = 0;
  for (let token = next(); token !== undefined; token = next()) {
    if (token.text === ")" && depth === 0) {
      const isNone = parameters.length === 0 && args.length === 1 && args[0]?.length === 0;
      const given = isNone ? 0 : args.length;
      const least = macro.isVariadic ? parameters.length - 1 : parameters.length;
      if (given >= least && (given <= parameters.length || isNone)) return { args, close: token };
      const message = `the macro '${macro.name}' takes ${parameters.length} arguments, and has ${given}`;
      throw new ExpansionError("macro-arguments", message);
    }
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    const isRest = macro.isVariadic && args.length >= parameters.length;
    if (token.text === "," && depth === 0 && !isRest) args.push([]);
    else args.at(-1)?.push(token);
  }
  throw new ExpansionError("macro-arguments", `the arguments of the macro '${macro.name}' have no ')'`);
}

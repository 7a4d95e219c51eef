/** Macros that a `.x` file gives the C compiler: `%#define NLM_MAXNAME 1024`, `%#define ndmp_u_quad uint64_t`. */
import { Expander, ExpansionError } from "./expand.ts";
import { evaluate, ExpressionError } from "./expression.ts";
import { MacroTable, parseMacro } from "./macros.ts";
import type { Token } from "./tokens.ts";

/** Macros of `%#define` lines. They are no macros to the RPC language, but where a constant is missing they have its value, and where a type is, its meaning. */
export class CDefines {
  readonly #macros = new MacroTable();

  /** Takes a `%` line without its `%`. */
  add(line: string): void {
    const text = /^\s*#\s*define\s+(.*)$/.exec(line)?.[1];
    const macro = text === undefined ? undefined : parseMacro(text, undefined);
    if (typeof macro === "object") this.#macros.define(macro);
  }

  /** The value of a macro that comes to a number. */
  value(name: string): bigint | undefined {
    const tokens = this.#expanded(name);
    // To `#if` a name that is no macro is 0; here it is something that only C knows.
    if (tokens === undefined || tokens.some(({ kind }) => kind === "name")) return undefined;
    try {
      return evaluate(tokens);
    } catch (error) {
      if (error instanceof ExpressionError) return undefined;
      throw error;
    }
  }

  /** What a macro comes to that consists of words alone. */
  words(name: string): readonly string[] | undefined {
    const tokens = this.#expanded(name);
    return tokens?.every(({ kind }) => kind === "name") === true ? tokens.map(({ text }) => text) : undefined;
  }

  #expanded(name: string): readonly Token[] | undefined {
    const macro = this.#macros.find(name);
    if (macro === undefined || macro.parameters !== undefined || macro.body.length === 0) return undefined;
    try {
      return new Expander(this.#macros).expandAll(macro.body);
    } catch (error) {
      if (error instanceof ExpansionError) return undefined;
      throw error;
    }
  }
}

/** Constants that a `.x` file gives the C compiler: `%#define NLM_MAXNAME 1024`. */
import { Expander, ExpansionError } from "./expand.ts";
import { evaluate, ExpressionError } from "./expression.ts";
import { MacroTable, parseMacro } from "./macros.ts";

/** Macros of `%#define` lines. They are no macros to the RPC language, but where a constant is missing they have its value. */
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
    const macro = this.#macros.find(name);
    if (macro === undefined || macro.parameters !== undefined || macro.body.length === 0) return undefined;
    try {
      const tokens = new Expander(this.#macros).expandAll(macro.body);
      // To `#if` a name that is no macro is 0; here it is something that only C knows.
      return tokens.some(({ kind }) => kind === "name") ? undefined : evaluate(tokens);
    } catch (error) {
      if (error instanceof ExpressionError || error instanceof ExpansionError) return undefined;
      throw error;
    }
  }
}

/** All checks of a file, by the kind of definition. A check reports and goes on; it never throws. */
import type * as ast from "../ast.ts";
import type { CheckContext } from "./context.ts";
import { checkBody, checkDeclaration } from "./declaration.ts";
import { checkProgram, checkProgramNumbers } from "./program.ts";
import { checkSizes } from "./size.ts";

type Checks = {
  readonly [K in ast.DefinitionNode["kind"]]: (
    context: CheckContext,
    node: Extract<ast.DefinitionNode, { kind: K }>,
  ) => void;
};

const checks: Checks = {
  // constants.ts has found the value, or said why there is none.
  const: () => undefined,
  type: (context, node) => {
    checkBody(context, node.body);
  },
  typedef: (context, node) => {
    checkDeclaration(context, node.declaration, "typedef");
  },
  program: checkProgram,
  broken: () => undefined,
};

export function checkAll(context: CheckContext): void {
  for (const definition of context.specification.definitions) {
    // The table's type ties each kind to its check; the compiler cannot follow that through an index.
    const check = checks[definition.kind] as (context: CheckContext, node: ast.DefinitionNode) => void;
    check(context, definition);
  }
  checkProgramNumbers(context);
  checkSizes(context);
}

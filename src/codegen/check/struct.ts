/** Structs. RFC 4506 section 6.4 (4): names of fields are unique within a struct. */
import type * as ast from "../ast.ts";
import type { CheckContext } from "./context.ts";

export function checkStruct({ report }: CheckContext, body: ast.StructBody): void {
  const names = new Map<string, ast.Name>();
  for (const { name } of body.fields) {
    if (!name) continue;
    const first = names.get(name.text);
    if (first) {
      const notes = [{ message: "first declared here", span: first.span }];
      report("duplicate-field", name.span, `the struct has two fields called '${name.text}'`, { notes });
    } else {
      names.set(name.text, name);
    }
  }
}

/** `%ts` lines: they go into the module as they stand, so only once it is formatted. Until then a mark holds their place. */
import type { Model } from "../model.ts";
import { exportedNames, typesWithCodec } from "../script-names.ts";
import type { Declaration } from "./declaration.ts";
import type { Scope } from "./scope.ts";

const MARK = /^\/\/%ts (\d+)$/gm;

export function scriptMark(index: number): Declaration {
  return { kind: "statement", text: `//%ts ${index}` };
}

/** Puts the scripts of the model in the places of their marks. */
export function insertScripts(text: string, { scripts }: Model): string {
  if (scripts.length === 0) return text;
  return text.replace(MARK, (mark, index: string) => scripts[Number(index)]?.text ?? mark);
}

/** What `%ts` lines bring, clients, servers and the modules of other files import from the module that holds it. */
export function exportScriptTypes({ model, names }: Scope): Declaration[] {
  const script = model.scripts.map(({ text }) => text).join("\n");
  const exported = exportedNames(script);
  const list = typesWithCodec(script).flatMap((type) => [type, `${type}Codec`]);
  const missing = list.filter((name) => !exported.has(name) && !names.declared.has(name));
  const specifiers = missing.map((name) => (list.includes(`${name}Codec`) ? `type ${name}` : name));
  return missing.length === 0 ? [] : [{ kind: "statement", text: `export { ${specifiers.join(", ")} };` }];
}

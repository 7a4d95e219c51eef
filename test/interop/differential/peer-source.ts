/** The C source that a peer is made of, beside peer.c and proxy.c: it follows from what rpcgen wrote. */
import assert from "node:assert/strict";
import type { Model } from "../../../src/codegen/model.ts";
import { proceduresOf, typesOf } from "./load.ts";

/** What peer.c answers requests about: the model's named types, then its procedures. */
export function table(model: Model, header: string): string {
  const types = typesOf(model).map(({ name }) => `    {.routine = (xdrproc_t)xdr_${name}, .size = sizeof(${name})},`);
  const places = proceduresOf(model);
  const dispatchers = new Set(places.map(({ program, version }) => dispatcher(program.name, version.number)));
  const procedures = places.map(
    ({ program, version, procedure }) =>
      `    {.dispatch = ${dispatcher(program.name, version.number)}, .procedure = ${procedure.number}},`,
  );
  return [
    `#include "${header}"`,
    '#include "peer.h"',
    ...[...dispatchers].map((name) => `void ${name}(struct svc_req *, SVCXPRT *);`),
    "const struct entry entries[] = {",
    ...types,
    ...procedures,
    "};",
    "const u_int entry_count = sizeof entries / sizeof entries[0];",
    "",
  ].join("\n");
}

function dispatcher(program: string, version: number): string {
  return `${program.toLowerCase()}_${version}`;
}

/** Handlers that pass what they get to the client stubs, by the prototypes in rpcgen's header. */
export function handlers(headerText: string, header: string): string {
  const found = [...headerText.matchAll(/^extern +(.+?) *\* *(\w+)_svc\((.*)struct svc_req \*\);$/gm)];
  assert.ok(found.length > 0, "the header declares handlers");
  const bodies = found.map(([, result = "", name = "", parameters = ""]) => {
    const types = parameters.split(",").flatMap((type) => type.trim() || []);
    const named = types.map((type, index) => `${type} arg${index}`);
    const passed = types.map((_, index) => `arg${index}`);
    const list = [...named, "struct svc_req *request"].join(", ");
    return `${result} *${name}_svc(${list})\n{\n    return ${name}(${[...passed, "proxy"].join(", ")});\n}\n`;
  });
  return [`#include "${header}"`, '#include "peer.h"', "", ...bodies].join("\n");
}

/**
 * rpcgen -N leaves the stars of pointer arguments out of its prototypes, and its stubs and skeletons do not compile by
 * them. Here the prototypes get the types that its structures of arguments have. A `mend` of {@link PeerOptions}.
 */
export function withStars(headerText: string): string {
  const structures = headerText.matchAll(/^struct (\w+)_argument \{\n([^}]*)\}/gm);
  return [...structures].reduce((text, [, name = "", members = ""]) => {
    const types = [...members.matchAll(/^\t(.*?)\w+;$/gm)].map(([, type = ""]) => type.trim());
    const prototype = new RegExp(`(?<=^extern .*\\b${name}(_svc)?\\().*(?=(CLIENT|struct svc_req) \\*\\);$)`, "gm");
    return text.replaceAll(prototype, types.map((type) => `${type}, `).join(""));
  }, headerText);
}

/** Server skeletons: for each version the handlers' interface, and the service made of them. */
import type { Procedure, ProgramDefinition, Version } from "../model.ts";
import { argumentNames, argumentParameters } from "./client.ts";
import type { Declaration } from "./declaration.ts";
import { procedureDoc } from "./doc.ts";
import { procedureName, versionNames } from "./program.ts";
import type { Scope } from "./scope.ts";
import { quote } from "./text.ts";
import { typeText } from "./types.ts";

/** `base` is the module that holds the types: `./date`. */
export function emitService(scope: Scope, program: ProgramDefinition, base: `./${string}`): Declaration[] {
  return program.versions.flatMap((version) => emitVersion(scope, program, version, base));
}

function emitVersion(scope: Scope, program: ProgramDefinition, version: Version, base: `./${string}`): Declaration[] {
  const names = versionNames(scope, version);
  const number = scope.value(base, scope.names.constants.get(program) ?? program.name);
  const versionNumber = scope.value(base, names.constant);
  const about = `program \`${program.name}\`, version \`${version.name}\``;
  const methods = version.procedures.map((procedure) => methodCall(scope, version, procedure, base));
  const service = scope.value("runtime", "rpcService");
  return [
    {
      kind: "interface",
      name: names.handlers,
      doc: `Handlers of ${about}. A procedure without a handler answers PROC_UNAVAIL.`,
      methods: version.procedures.map((procedure) => ({
        name: procedureName(scope, version, procedure),
        doc: procedureDoc(procedure.doc, procedure.source),
        parameters: [
          ...argumentParameters(scope, procedure),
          { name: "ctx", type: scope.type("runtime", "RpcContext") },
        ],
        returns: `${scope.type("runtime", "HandlerResult")}<${typeText(scope, procedure.result)}>`,
      })),
    },
    {
      kind: "function",
      name: names.service,
      doc: `Service of ${about}, for a server's \`add\`.`,
      parameters: [{ name: "handlers", type: names.handlers }],
      returns: scope.type("runtime", "RpcService"),
      body: `return ${service}(${quote(program.name)}, ${number}, ${versionNumber}, [\n${methods.join(",\n")}\n]);`,
    },
  ];
}

function methodCall(scope: Scope, version: Version, procedure: Procedure, base: `./${string}`): string {
  const name = procedureName(scope, version, procedure);
  const names = argumentNames(scope, procedure);
  const received = names.length === 0 ? "_args" : names.length === 1 ? names.join() : `[${names.join(", ")}]`;
  const given = [...names, "ctx"].join(", ");
  const descriptor = `${scope.value(base, versionNames(scope, version).descriptors)}.${name}`;
  const call = `(handler, ${received}, ctx) => handler.call(handlers, ${given})`;
  return `${scope.value("runtime", "method")}(${descriptor}, handlers.${name}, ${call})`;
}

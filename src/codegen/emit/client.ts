/** Client stubs: a class for each version, its methods thin over `connection.call`. */
import type { Procedure, ProgramDefinition, Version } from "../model.ts";
import type { ClassDeclaration, Declaration, Parameter } from "./declaration.ts";
import { procedureDoc } from "./doc.ts";
import { localName } from "./local-name.ts";
import { procedureName, versionNames } from "./program.ts";
import type { Scope } from "./scope.ts";
import { typeText } from "./types.ts";

/** `base` is the module that holds the types: `./date`. */
export function emitClient(scope: Scope, program: ProgramDefinition, base: `./${string}`): Declaration[] {
  return program.versions.map((version) => emitVersion(scope, program, version, base));
}

function emitVersion(
  scope: Scope,
  program: ProgramDefinition,
  version: Version,
  base: `./${string}`,
): ClassDeclaration {
  const names = versionNames(scope, version);
  const number = scope.value(base, scope.names.constants.get(program) ?? program.name);
  const versionNumber = scope.value(base, names.constant);
  const promise = scope.global("Promise");
  const connect = {
    name: "connect",
    isStatic: true,
    doc: "Connects to the service on a host, or as the options say. Disposing the client closes the connection.",
    parameters: [{ name: "to", type: `string | ${scope.type("runtime", "ConnectOptions")}` }],
    returns: `${promise}<${names.client}>`,
    body: `return ${scope.value("runtime", "connectClient")}(${names.client}, ${number}, ${versionNumber}, to);`,
  };
  const methods = version.procedures.map((procedure) => {
    const name = procedureName(scope, version, procedure);
    const parameters = argumentParameters(scope, procedure);
    const given = parameters.map((parameter) => parameter.name);
    const value = given.length === 0 ? "undefined" : given.length === 1 ? given.join() : `[${given.join(", ")}]`;
    const descriptor = `${scope.value(base, names.descriptors)}.${name}`;
    const options = `${scope.value("runtime", "callOptions")}(this, options)`;
    return {
      name,
      isStatic: false,
      doc: procedureDoc(procedure.doc, procedure.source),
      parameters: [...parameters, { name: "options", type: scope.type("runtime", "CallOptions"), optional: true }],
      returns: `${promise}<${typeText(scope, procedure.result)}>`,
      body: `return this.connection.call(${descriptor}, ${value}, ${options});`,
    };
  });
  return {
    kind: "class",
    name: names.client,
    doc: `Client of program \`${program.name}\`, version \`${version.name}\`.`,
    extends: scope.value("runtime", "RpcClient"),
    methods: [connect, ...methods],
  };
}

/** The procedure's arguments as parameters of a method. */
export function argumentParameters(scope: Scope, procedure: Procedure): Parameter[] {
  const names = argumentNames(scope, procedure);
  return procedure.args.map(({ type }, index) => ({ name: names[index] ?? "", type: typeText(scope, type) }));
}

/** What the stubs import, and a parameter must not hide. */
const STUB_NAMES = ["callOptions", "connectClient", "method", "rpcService"];

/** An argument's own name; one that the `.x` does not name is `arg`, or `arg1`, `arg2` … */
export function argumentNames(scope: Scope, { args }: Procedure): string[] {
  const locals = new Set(STUB_NAMES);
  return args.map(({ name }, index) => {
    if (name !== undefined) return localName(scope, scope.names.member(name), locals);
    return args.length === 1 ? "arg" : `arg${index + 1}`;
  });
}

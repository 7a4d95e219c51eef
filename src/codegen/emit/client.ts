/** Client stubs: a class for each version, its methods thin over `connection.call`; with `sync` another one, whose calls block. */
import type { Procedure, ProgramDefinition, Version } from "../model.ts";
import type { ClassDeclaration, Declaration, Parameter } from "./declaration.ts";
import { procedureDoc } from "./doc.ts";
import { localName } from "./local-name.ts";
import { procedureName, versionNames } from "./program.ts";
import type { Scope } from "./scope.ts";
import { typeText } from "./types.ts";

/** `base` is the module that holds the types: `./date`. */
export function emitClient(scope: Scope, program: ProgramDefinition, base: `./${string}`): Declaration[] {
  return program.versions.flatMap((version) => [
    emitVersion(scope, program, version, base, PROMISES),
    ...(scope.options.sync ? [emitVersion(scope, program, version, base, BLOCKING)] : []),
  ]);
}

/** What makes the one client differ from the other. */
interface ClientForm {
  readonly room: "runtime" | "runtime/sync";
  readonly name: "client" | "syncClient";
  readonly base: string;
  readonly about: string;
  readonly connect: string;
  readonly connectOptions: string;
  readonly callOptions: string;
  readonly callOptionsType: string;
  readonly returns: (scope: Scope, type: string) => string;
}

const PROMISES: ClientForm = {
  room: "runtime",
  name: "client",
  base: "RpcClient",
  about: "Client of",
  connect: "connectClient",
  connectOptions: "ConnectOptions",
  callOptions: "callOptions",
  callOptionsType: "CallOptions",
  returns: (scope, type) => `${scope.global("Promise")}<${type}>`,
};

const BLOCKING: ClientForm = {
  room: "runtime/sync",
  name: "syncClient",
  base: "RpcSyncClient",
  about: "Client whose calls block, of",
  connect: "connectSyncClient",
  connectOptions: "SyncConnectOptions",
  callOptions: "syncCallOptions",
  callOptionsType: "SyncCallOptions",
  returns: (_, type) => type,
};

function emitVersion(
  scope: Scope,
  program: ProgramDefinition,
  version: Version,
  base: `./${string}`,
  form: ClientForm,
): ClassDeclaration {
  const names = versionNames(scope, version);
  const number = scope.value(base, scope.names.constants.get(program) ?? program.name);
  const versionNumber = scope.value(base, names.constant);
  const { room, returns } = form;
  const client = names[form.name];
  const connect = {
    name: "connect",
    isStatic: true,
    doc: "Connects to the service on a host, or as the options say. Disposing the client closes the connection.",
    parameters: [{ name: "to", type: `string | ${scope.type(room, form.connectOptions)}` }],
    returns: returns(scope, client),
    body: `return ${scope.value(room, form.connect)}(${client}, ${number}, ${versionNumber}, to);`,
  };
  const methods = version.procedures.map((procedure) => {
    const name = procedureName(scope, version, procedure);
    const parameters = argumentParameters(scope, procedure);
    const given = parameters.map((parameter) => parameter.name);
    const value = given.length === 0 ? "undefined" : given.length === 1 ? given.join() : `[${given.join(", ")}]`;
    const descriptor = `${scope.value(base, names.descriptors)}.${name}`;
    const options = `${scope.value(room, form.callOptions)}(this, options)`;
    return {
      name,
      isStatic: false,
      doc: procedureDoc(procedure.doc, procedure.source),
      parameters: [...parameters, { name: "options", type: scope.type(room, form.callOptionsType), optional: true }],
      returns: returns(scope, typeText(scope, procedure.result)),
      body: `return this.connection.call(${descriptor}, ${value}, ${options});`,
    };
  });
  return {
    kind: "class",
    name: client,
    doc: `${form.about} program \`${program.name}\`, version \`${version.name}\`.`,
    extends: scope.value(room, form.base),
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
const SYNC_STUB_NAMES = ["connectSyncClient", "syncCallOptions"];

/** An argument's own name; one that the `.x` does not name is `arg`, or `arg1`, `arg2` … */
export function argumentNames(scope: Scope, { args }: Procedure): string[] {
  const locals = new Set([...STUB_NAMES, ...(scope.options.sync ? SYNC_STUB_NAMES : [])]);
  return args.map(({ name }, index) => {
    if (name !== undefined) return localName(scope, scope.names.member(name), locals);
    return args.length === 1 ? "arg" : `arg${index + 1}`;
  });
}

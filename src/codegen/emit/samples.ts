/** Sample programs, which run as they are and are the user's to change. */
import type { ProgramDefinition, Version } from "../model.ts";
import { argumentNames } from "./client.ts";
import type { Declaration } from "./declaration.ts";
import { NeutralValues } from "./neutral.ts";
import { procedureName, versionNames } from "./program.ts";
import { type SampleServerOptions, serverText } from "./sample-server.ts";
import type { Scope } from "./scope.ts";
import { quote } from "./text.ts";

/** Where the samples' imports come from. */
export interface SampleModules {
  readonly client: `./${string}`;
  readonly service: `./${string}`;
}

/** A program that calls each procedure with neutral arguments. `name` is what its usage calls it. */
export function emitSampleClient(
  scope: Scope,
  programs: readonly ProgramDefinition[],
  modules: SampleModules,
  name: string,
): Declaration[] {
  const values = new NeutralValues(scope);
  const functions = programs.flatMap((program) =>
    program.versions.map((version): Declaration & { name: string } => ({
      kind: "function",
      name: `call${versionNames(scope, version).descriptors}`,
      local: true,
      async: true,
      parameters: [{ name: "host", type: "string" }],
      returns: `${scope.global("Promise")}<void>`,
      body: [
        `await using client = await ${scope.value(modules.client, versionNames(scope, version).client)}.connect(host);`,
        ...sampleCalls(scope, version, values),
      ].join("\n"),
    })),
  );
  const main = [
    "const host = process.argv[2];",
    "if (host === undefined) {",
    `console.error(${quote(`usage: ${name} host`)});`,
    "process.exit(1);",
    "}",
    ...functions.map((it) => `await ${it.name}(host);`),
  ];
  return [...values.declarations(), ...functions, { kind: "statement", text: main.join("\n") }];
}

function sampleCalls(scope: Scope, version: Version, values: NeutralValues): string[] {
  return version.procedures.map((procedure) => {
    const args = procedure.args.map(({ type }) => values.of(type));
    const call = `client.${procedureName(scope, version, procedure)}(${args.join(", ")})`;
    return `console.log(${quote(procedure.name)}, await ${call});`;
  });
}

/** A program that serves every version with handlers that return neutral values. `name` is what the system's log calls it. */
export function emitSampleServer(
  scope: Scope,
  programs: readonly ProgramDefinition[],
  modules: SampleModules,
  shape: SampleServerOptions,
  name: string,
): Declaration[] {
  const values = new NeutralValues(scope);
  const { head, options, listen } = serverText(scope, shape, name);
  const lines = [...head, `const server = new ${scope.value("runtime", "RpcServer")}(${options});`];
  for (const program of programs) {
    for (const version of program.versions) {
      const service = scope.value(modules.service, versionNames(scope, version).service);
      lines.push(`server.add(${service}({\n${sampleHandlers(scope, version, values)}}));`, "");
    }
  }
  lines.push(
    'process.once("SIGINT", () => void server.close());',
    'process.once("SIGTERM", () => void server.close());',
    "",
    ...listen,
  );
  return [...values.declarations(), { kind: "statement", text: lines.join("\n") }];
}

function sampleHandlers(scope: Scope, version: Version, values: NeutralValues): string {
  return version.procedures
    .map((procedure) => {
      const name = procedureName(scope, version, procedure);
      const parameters = argumentNames(scope, procedure);
      const isVoid = procedure.result.kind === "primitive" && procedure.result.name === "void";
      const result = isVoid ? "" : `return ${values.of(procedure.result)};\n`;
      return `${name}(${parameters.join(", ")}) {\n// insert server code here\n${result}},\n`;
    })
    .join("");
}

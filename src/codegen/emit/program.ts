/** Programs: the constants of their numbers, and a descriptor of each procedure. */
import type { Procedure, ProgramDefinition, Type, Version } from "../model.ts";
import type { VersionNames } from "../names.ts";
import type { Declaration } from "./declaration.ts";
import { definitionDoc, prose } from "./doc.ts";
import { decodeItem, encodeItem } from "./item.ts";
import { stringForm, wireName } from "./representation.ts";
import type { Scope } from "./scope.ts";
import { decodeSequence, encodeSequence } from "./sequence.ts";
import { method } from "./struct.ts";
import { integerLiteral, propertyKey, quote } from "./text.ts";
import { typeText } from "./types.ts";

export function emitProgram(scope: Scope, program: ProgramDefinition): Declaration[] {
  const constant = scope.names.constants.get(program) ?? program.name;
  const spelling = /=\s*([^\s;}]+)\s*;?\s*$/.exec(program.source)?.[1];
  return [
    {
      kind: "const",
      name: constant,
      value: integerLiteral(BigInt(program.number), spelling),
      doc: `Number of program \`${program.name}\`.`,
    },
    ...program.versions.flatMap((version) => emitVersion(scope, program, constant, version)),
  ];
}

/** The names of a version, which every version of the model has. */
export function versionNames(scope: Scope, version: Version): VersionNames {
  const names = scope.names.versions.get(version);
  if (names === undefined) throw new Error(`version ${version.name} is not one of the module's`);
  return names;
}

export function procedureName(scope: Scope, version: Version, procedure: Procedure): string {
  return versionNames(scope, version).procedures.get(procedure) ?? procedure.name;
}

/** The type that the codec of a procedure's arguments has: a tuple where there are several. */
function argumentsType(scope: Scope, args: readonly Type[]): string {
  const [only] = args;
  if (only === undefined) return "void";
  if (args.length === 1) return typeText(scope, only);
  return `readonly [${args.map((type) => typeText(scope, type)).join(", ")}]`;
}

function emitVersion(scope: Scope, program: ProgramDefinition, constant: string, version: Version): Declaration[] {
  const names = versionNames(scope, version);
  const descriptor = scope.type("runtime", "RpcProcedure");
  const types: string[] = [];
  const values: string[] = [];
  for (const procedure of version.procedures) {
    const name = procedureName(scope, version, procedure);
    const place = `${names.descriptors}.${name}`;
    const args = argumentsType(
      scope,
      procedure.args.map(({ type }) => type),
    );
    types.push(`readonly ${name}: ${descriptor}<${args}, ${typeText(scope, procedure.result)}>;`);
    const fields = [
      `program: ${constant}`,
      `programName: ${quote(program.name)}`,
      `version: ${names.constant}`,
      `number: ${procedure.number}`,
      `name: ${quote(procedure.name)}`,
      `args: ${argumentsCodec(
        scope,
        procedure.args.map(({ type }) => type),
        place,
      )}`,
      `result: ${codec(scope, procedure.result, place)}`,
    ];
    values.push(`${propertyKey(name)}: { ${fields.join(", ")} }`);
  }
  const title = `Procedures of program \`${program.name}\`, version \`${version.name}\`.`;
  const about = [program.doc, version.doc].filter((text) => text !== undefined).map(prose);
  const number: Declaration = {
    kind: "const",
    name: names.constant,
    value: String(version.number),
    doc: `Number of version \`${version.name}\` of program \`${program.name}\`.`,
  };
  return [
    ...(names.declaresConstant ? [number] : []),
    {
      kind: "const",
      name: names.descriptors,
      type: `{\n${types.join("\n")}\n}`,
      value: `{\n${values.join(",\n")}\n}`,
      doc: definitionDoc([title, ...about].join("\n\n"), undefined, program.source),
    },
  ];
}

function argumentsCodec(scope: Scope, args: readonly Type[], place: string): string {
  const [only] = args;
  if (only === undefined) return scope.value("xdr", "voidCodec");
  if (args.length === 1) return codec(scope, only, place);
  const slots = args.map((type, index) => {
    const name = `arg${index + 1}`;
    return { name, access: `value[${index}]`, type, place: `${place}.${name}` };
  });
  const { statements, members } = decodeSequence(scope, slots, place);
  const tuple = members.map((member) => member.expression).join(", ");
  return `{\n${method("encode(w, value)", encodeSequence(scope, slots, place))}${method("decode(r)", [
    ...statements,
    `return [${tuple}];`,
  ])}}`;
}

/** A ready codec, a type's own, or one made for a type that has no name. */
function codec(scope: Scope, type: Type, place: string): string {
  if (type.kind === "primitive") return scope.value("xdr", `${wireName(scope, type.name)}Codec`);
  if (type.kind === "ref") return scope.typeNames(type.to).codec;
  if (type.kind === "string" && type.max === undefined) return scope.value("xdr", stringForm(scope).codec);
  const slot = { access: "value", type, place };
  const { statements, expression } = decodeItem(scope, slot, "list");
  return `{\n${method("encode(w, value)", [encodeItem(scope, slot)])}${method("decode(r)", [
    ...statements,
    `return ${expression};`,
  ])}}`;
}

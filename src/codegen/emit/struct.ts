/** Structs: an interface and a codec. Those that end in a pointer to themselves are read and written in a loop. */
import type { Field, StructDefinition } from "../model.ts";
import type { Declaration } from "./declaration.ts";
import { definitionDoc, prose } from "./doc.ts";
import type { Scope } from "./scope.ts";
import { type MemberSlot, type SequenceReading, decodeSequence, encodeSequence } from "./sequence.ts";
import { property, quote } from "./text.ts";
import { typeText } from "./types.ts";

export function emitStruct(scope: Scope, struct: StructDefinition): Declaration[] {
  const names = scope.typeNames(struct);
  const fields = struct.fields.filter((field) => !isVoid(field));
  const codec = `${scope.type("xdr", "XdrCodec")}<${names.type}>`;
  const [methods, helpers] =
    struct.listField === undefined
      ? [plainMethods(scope, struct, fields), []]
      : listMethods(scope, struct, struct.listField, fields);
  return [
    {
      kind: "interface",
      name: names.type,
      doc: definitionDoc(undefined, struct.doc, struct.source),
      properties: fields.map((field) => ({
        name: fieldName(scope, field),
        type: typeText(scope, field.type),
        doc: field.doc === undefined ? undefined : prose(field.doc),
      })),
    },
    ...helpers,
    { kind: "const", name: names.codec, type: codec, value: `{\n${methods}\n}` },
  ];
}

function plainMethods(scope: Scope, struct: StructDefinition, fields: readonly Field[]): string {
  const { type } = scope.typeNames(struct);
  const place = quote(type);
  if (fields.length === 0) return "encode() {},\ndecode() { return {}; },";
  const writes = encodeSequence(scope, slots(scope, struct, fields, "value"), type);
  const reading = decodeSequence(scope, slots(scope, struct, fields, "value"), type);
  const literal = objectLiteral(reading);
  if (!struct.recursive) {
    return method("encode(w, value)", writes) + method("decode(r)", [...reading.statements, `return ${literal};`]);
  }
  return (
    method("encode(w, value)", [`w.enter(${place});`, ...writes, "w.leave();"]) +
    method("decode(r)", [
      `r.enter(${place});`,
      ...reading.statements,
      `const value: ${type} = ${literal};`,
      "r.leave();",
      "return value;",
    ])
  );
}

function listMethods(
  scope: Scope,
  struct: StructDefinition,
  link: Field,
  fields: readonly Field[],
): [string, Declaration[]] {
  const { type, read } = scope.typeNames(struct);
  const place = quote(type);
  const next = fieldName(scope, link);
  const nextPlace = quote(`${type}.${next}`);
  const nodeSlots = slots(
    scope,
    struct,
    fields.filter((field) => field !== link),
    "node",
  );
  const reading = decodeSequence(scope, nodeSlots, type, ["node"]);
  const literal = objectLiteral({ ...reading, members: [...reading.members, { name: next, expression: "null" }] });
  // One expression stands in both of its places; more than that becomes a function.
  const inline = reading.statements.length === 0;
  const node = inline ? literal : `${read}(r)`;
  const helpers: Declaration[] = inline
    ? []
    : [
        {
          kind: "function",
          name: read,
          local: true,
          parameters: [{ name: "r", type: scope.type("xdr", "XdrReader") }],
          returns: type,
          body: [...reading.statements, `return ${literal};`].join("\n"),
        },
      ];
  const enter = struct.recursive;
  const encode = [
    ...(enter ? [`w.enter(${place});`] : []),
    `for (let node: ${type} | null = value; ; ) {`,
    ...encodeSequence(scope, nodeSlots, type),
    `node = node.${next};`,
    `w.present(node !== null, ${nextPlace});`,
    enter ? "if (node === null) break;" : "if (node === null) return;",
    "}",
    ...(enter ? ["w.leave();"] : []),
  ];
  const decode = [
    ...(enter ? [`r.enter(${place});`] : []),
    `const head: ${type} = ${node};`,
    `for (let tail = head; r.present(${nextPlace}); ) tail = tail.${next} = ${node};`,
    ...(enter ? ["r.leave();"] : []),
    "return head;",
  ];
  return [method("encode(w, value)", encode) + method("decode(r)", decode), helpers];
}

function slots(scope: Scope, struct: StructDefinition, fields: readonly Field[], holder: string): MemberSlot[] {
  const { type } = scope.typeNames(struct);
  return fields.map((field) => {
    const name = fieldName(scope, field);
    return { name, access: `${holder}.${name}`, type: field.type, place: `${type}.${name}` };
  });
}

function fieldName(scope: Scope, field: Field): string {
  return scope.names.fields.get(field) ?? field.name;
}

function isVoid(field: Field): boolean {
  return field.type.kind === "primitive" && field.type.name === "void";
}

/** All members in declared order, so that values of a type share one hidden class. */
export function objectLiteral(reading: Pick<SequenceReading, "members">): string {
  return `{ ${reading.members.map(({ name, expression }) => property(name, expression)).join(", ")} }`;
}

/** A method of an object literal. */
export function method(signature: string, statements: readonly string[]): string {
  return `${signature} {\n${statements.join("\n")}\n},\n`;
}

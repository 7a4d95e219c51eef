/** Enums: a const object, its union type, a guard and a codec. */
import type { EnumDefinition, EnumMember } from "../model.ts";
import type { Declaration } from "./declaration.ts";
import { definitionDoc, prose } from "./doc.ts";
import { hasOpenEnums } from "./representation.ts";
import type { Scope } from "./scope.ts";
import { propertyKey, quote } from "./text.ts";

/** Beyond so many ranges the guard is a switch, which engines turn into a jump table. */
const MAX_COMPARED_RANGES = 6;

export function emitEnum(scope: Scope, definition: EnumDefinition): Declaration[] {
  const { type, codec, guard } = scope.typeNames(definition);
  const members = definition.members;
  const place = quote(type);
  const known = `(typeof ${type})[keyof typeof ${type}]`;
  const isOpen = hasOpenEnums(scope);
  return [
    {
      kind: "const",
      name: type,
      type: `{\n${members.map(memberType).join("\n")}\n}`,
      value: `{ ${members.map((member) => `${propertyKey(member.name)}: ${member.value}`).join(", ")} }`,
      doc: definitionDoc(undefined, definition.doc, definition.source),
    },
    // `number` alone would swallow the members, and with them what an editor offers.
    { kind: "alias", name: type, type: isOpen ? `${known} | (number & {})` : known },
    {
      kind: "function",
      name: guard,
      doc: `Whether a number is one of \`${definition.name}\`'s.`,
      parameters: [{ name: "value", type: "number" }],
      returns: `value is ${isOpen ? known : type}`,
      body: guardBody(members),
    },
    {
      kind: "const",
      name: codec,
      type: `${scope.type("xdr", "XdrCodec")}<${type}>`,
      value: isOpen
        ? `{
        encode(w, value) { w.int32(value, ${place}); },
        decode(r) { return r.int32(${place}); },
      }`
        : `{
        encode(w, value) { w.enum(value, ${guard}, ${place}); },
        decode(r) { return r.enum(${guard}, ${place}); },
      }`,
    },
  ];
}

function memberType(member: EnumMember): string {
  const line = `readonly ${member.name}: ${member.value};`;
  if (member.doc === undefined) return line;
  const text = prose(member.doc);
  if (!text.includes("\n")) return `/** ${text} */\n${line}`;
  const lines = text.split("\n").map((it) => ` * ${it}`.trimEnd());
  return `/**\n${lines.join("\n")}\n */\n${line}`;
}

function guardBody(members: readonly EnumMember[]): string {
  const values = [...new Set(members.map((member) => member.value))].sort((a, b) => a - b);
  const ranges: { first: number; last: number }[] = [];
  for (const value of values) {
    const range = ranges.at(-1);
    if (range?.last === value - 1) range.last = value;
    else ranges.push({ first: value, last: value });
  }
  if (ranges.length > MAX_COMPARED_RANGES) {
    const cases = values.map((value) => `case ${value}:`).join("\n");
    return `switch (value) {\n${cases}\nreturn true;\ndefault:\nreturn false;\n}`;
  }
  const tests = ranges.map(({ first, last }) => {
    if (first === last) return `value === ${first}`;
    if (first + 1 === last) return `value === ${first} || value === ${last}`;
    return `(value >= ${first} && value <= ${last} && (value | 0) === value)`;
  });
  return `return ${tests.join(" || ")};`;
}

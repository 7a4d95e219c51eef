/**
 * Unions: flat TypeScript unions that narrow on the declared discriminant, and a codec.
 *
 * Over integers or open enums with a default arm the discriminant of that arm is `number`, which narrows nothing: there
 * each arm declares the fields of the others as never present.
 */
import type { EnumDefinition, Field, UnionArm, UnionDefinition, UnionLabel } from "../model.ts";
import type { Declaration } from "./declaration.ts";
import { definitionDoc } from "./doc.ts";
import { decodeItem, encodeItem } from "./item.ts";
import { localName } from "./local-name.ts";
import { isBigint, isOpenDiscriminant } from "./representation.ts";
import type { Scope } from "./scope.ts";
import { method } from "./struct.ts";
import { labelLiteral, property, quote } from "./text.ts";
import { typeText } from "./types.ts";

interface Arm {
  /** Empty for the default arm. */
  readonly labels: readonly UnionLabel[];
  readonly field: Field | undefined;
  /** The discriminant's type in this arm. */
  readonly discriminant: string;
}

export function emitUnion(scope: Scope, union: UnionDefinition): Declaration[] {
  const names = scope.typeNames(union);
  const arms = armsOf(scope, union);
  return [
    {
      kind: "alias",
      name: names.type,
      type: arms.map((arm) => `| ${armType(scope, union, arm, arms)}`).join("\n"),
      doc: definitionDoc(undefined, union.doc, union.source),
    },
    {
      kind: "const",
      name: names.codec,
      type: `${scope.type("xdr", "XdrCodec")}<${names.type}>`,
      value: `{\n${encodeMethod(scope, union, arms)}${decodeMethod(scope, union, arms)}}`,
    },
  ];
}

function armsOf(scope: Scope, union: UnionDefinition): Arm[] {
  const arms = union.arms.map((arm): Arm => ({ ...arm, discriminant: listedType(scope, union, arm) }));
  if (union.defaultArm === undefined) return arms;
  return [...arms, { labels: [], field: union.defaultArm.field, discriminant: defaultType(scope, union) }];
}

function listedType(scope: Scope, union: UnionDefinition, arm: UnionArm): string {
  return [...new Set(arm.labels.map((label) => labelType(scope, union, label)))].join(" | ");
}

function labelType(scope: Scope, { discriminant: { base } }: UnionDefinition, label: UnionLabel): string {
  if (base === "bool") return label.value === 0 ? "false" : "true";
  if (typeof base === "string") return labelLiteral(label.value, isBigint(scope, base));
  const member = memberOf(base, label);
  return member === undefined ? String(label.value) : `typeof ${scope.typeNames(base).type}.${member}`;
}

function memberOf(base: EnumDefinition, label: UnionLabel): string | undefined {
  return (label.member ?? base.members.find((member) => member.value === label.value))?.name;
}

function defaultType(scope: Scope, union: UnionDefinition): string {
  const { base } = union.discriminant;
  if (isOpenDiscriminant(scope, base)) return integerType(scope, base);
  const labels = union.arms.flatMap((arm) => arm.labels);
  if (base === "bool") {
    const listed = new Set(labels.map((label) => label.value));
    return listed.size === 0 ? "boolean" : listed.has(0) ? "true" : "false";
  }
  if (typeof base === "string") return integerType(scope, base);
  const { type } = scope.typeNames(base);
  const listed = [...new Set(labels.map((label) => labelType(scope, union, label)))];
  return listed.length === 0 ? type : `${scope.global("Exclude")}<${type}, ${listed.join(" | ")}>`;
}

/** Whether the arms are told apart by their fields, not by the discriminant alone. */
function isOpen(scope: Scope, union: UnionDefinition): boolean {
  return union.defaultArm !== undefined && isOpenDiscriminant(scope, union.discriminant.base);
}

/** The discriminant's type where nothing is known of its value. */
function integerType(scope: Scope, base: UnionDefinition["discriminant"]["base"]): string {
  if (base === "bool") return "boolean";
  return typeof base === "string" && isBigint(scope, base) ? "bigint" : "number";
}

function armType(scope: Scope, union: UnionDefinition, arm: Arm, arms: readonly Arm[]): string {
  const parts = [`${discriminantName(scope, union)}: ${arm.discriminant}`];
  const own = arm.field === undefined ? undefined : armName(scope, arm.field);
  if (arm.field !== undefined && own !== undefined) parts.push(`${own}: ${typeText(scope, arm.field.type)}`);
  if (isOpen(scope, union)) {
    const others = arms.map((other) => (other.field === undefined ? undefined : armName(scope, other.field)));
    for (const name of new Set(others)) if (name !== undefined && name !== own) parts.push(`${name}?: never`);
  }
  return `{ ${parts.join("; ")} }`;
}

function encodeMethod(scope: Scope, union: UnionDefinition, arms: readonly Arm[]): string {
  const { type } = scope.typeNames(union);
  const name = discriminantName(scope, union);
  const access = `value.${name}`;
  const place = quote(`${type}.${name}`);
  const exhaustive = reachesAll(union);
  const cases = arms.map((arm) => {
    const body = arm.field === undefined ? "" : encodeArm(scope, union, arm.field, arms);
    return `${caseLabels(scope, union, arm)}${body}\nbreak;`;
  });
  // The discriminant's own type: an arm's would be never behind the last one.
  const given = localName(scope, name, new Set(["value"]));
  const unmatched = exhaustive ? [] : [`default:\nw.badUnion(${given}, ${place});`];
  const statements = [
    ...(exhaustive ? [] : [`const ${given}: ${integerType(scope, union.discriminant.base)} = ${access};`]),
    encodeItem(scope, { access, type: union.discriminant.type, place: `${type}.${name}` }),
    ...(arms.every((arm) => arm.field === undefined) && exhaustive
      ? []
      : [`switch (${access}) {`, ...cases, ...unmatched, "}"]),
  ];
  return method(
    "encode(w, value)",
    union.recursive ? [`w.enter(${quote(type)});`, ...statements, "w.leave();"] : statements,
  );
}

function encodeArm(scope: Scope, union: UnionDefinition, field: Field, arms: readonly Arm[]): string {
  const name = armName(scope, field);
  const place = `${scope.typeNames(union).type}.${name}`;
  const access = `value.${name}`;
  if (!isOpen(scope, union)) return encodeItem(scope, { access, type: field.type, place });
  // In an open union a number can stand for a listed arm and for the default, so it narrows nothing.
  const type = typeText(scope, field.type);
  const others = arms.filter((arm) => arm.field !== undefined && armName(scope, arm.field) === name);
  const oneType = others.every((arm) => arm.field !== undefined && typeText(scope, arm.field.type) === type);
  const missing = `if (${access} === undefined) return w.missing(${quote(place)});`;
  if (oneType) return `${missing}\n${encodeItem(scope, { access, type: field.type, place })}`;
  // Arms of other types have this name, too. The calls check what they are given.
  const local = localName(scope, name, new Set(["value"]));
  const item = encodeItem(scope, { access: local, type: field.type, place });
  return `{\n${missing}\nconst ${local} = ${access} as ${type};\n${item}\n}`;
}

function decodeMethod(scope: Scope, union: UnionDefinition, arms: readonly Arm[]): string {
  const { type } = scope.typeNames(union);
  const name = discriminantName(scope, union);
  const place = `${type}.${name}`;
  const locals = new Set<string>(["value"]);
  const local = localName(scope, name, locals);
  const finish = (literal: string): string => (union.recursive ? `value = ${literal};\nbreak;` : `return ${literal};`);
  const cases = arms.map((arm) => {
    const members = [property(name, local)];
    let statements: readonly string[] = [];
    if (arm.field !== undefined) {
      const field = armName(scope, arm.field);
      const slot = { type: arm.field.type, place: `${type}.${field}` };
      const reading = decodeItem(scope, slot, localName(scope, field, new Set(locals)));
      statements = reading.statements;
      members.push(property(field, reading.expression));
    }
    const body = [...statements, finish(`{ ${members.join(", ")} }`)].join("\n");
    return `${caseLabels(scope, union, arm)}${statements.length === 0 ? body : `{\n${body}\n}`}`;
  });
  const unmatched = reachesAll(union) ? [] : [`default:\nreturn r.badUnion(${local}, ${quote(place)});`];
  const { expression } = decodeItem(scope, { type: union.discriminant.type, place }, local);
  const statements = [`const ${local} = ${expression};`, `switch (${local}) {`, ...cases, ...unmatched, "}"];
  return method(
    "decode(r)",
    union.recursive
      ? [`r.enter(${quote(type)});`, `let value: ${type};`, ...statements, "r.leave();", "return value;"]
      : statements,
  );
}

/** No value of the discriminant is left without an arm. An enum's may be: a lenient reader lets unknown numbers pass. */
function reachesAll(union: UnionDefinition): boolean {
  if (union.defaultArm !== undefined) return true;
  const values = new Set(union.arms.flatMap((arm) => arm.labels.map((label) => label.value)));
  return union.discriminant.base === "bool" && values.size === 2;
}

/** Numbers, not the enum's members: engines make a jump table of them. */
function caseLabels(scope: Scope, { discriminant: { base } }: UnionDefinition, arm: Arm): string {
  if (arm.labels.length === 0) return "default:\n";
  return arm.labels
    .map((label) => {
      if (base === "bool") return `case ${label.value === 0 ? "false" : "true"}:\n`;
      if (typeof base === "string") return `case ${labelLiteral(label.value, isBigint(scope, base))}:\n`;
      const member = memberOf(base, label);
      return `case ${label.value}: ${member === undefined ? "" : `// ${member}`}\n`;
    })
    .join("");
}

function discriminantName(scope: Scope, union: UnionDefinition): string {
  return scope.names.discriminants.get(union) ?? union.discriminant.name;
}

function armName(scope: Scope, field: Field): string {
  return scope.names.fields.get(field) ?? field.name;
}

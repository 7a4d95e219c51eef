/** What the tests of the front end share. */
import assert from "node:assert/strict";
import type { Diagnostic } from "../../../src/codegen/diagnostics.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import type { Definition, Field, Model, Type } from "../../../src/codegen/model.ts";

/** The model of a text that has no mistakes, warnings included. */
export function modelOf(text: string): Model {
  const { model, diagnostics } = analyze("test.x", text);
  assert.deepEqual(diagnostics, []);
  assert.ok(model);
  return model;
}

/** The codes of what is wrong with a text, in its order. */
export function codesOf(text: string): string[] {
  return analyze("test.x", text).diagnostics.map(({ code }) => code);
}

export function onlyDiagnostic(text: string): Diagnostic {
  const { diagnostics } = analyze("test.x", text);
  assert.equal(diagnostics.length, 1, JSON.stringify(diagnostics));
  const [diagnostic] = diagnostics;
  assert.ok(diagnostic);
  return diagnostic;
}

export function definition<K extends Definition["kind"]>(
  model: Model,
  kind: K,
  name: string,
): Extract<Definition, { kind: K }> {
  const found = model.definitions.find((each) => each.kind === kind && each.name === name);
  assert.ok(found, `the model has ${kind} ${name}`);
  return found as Extract<Definition, { kind: K }>;
}

/** A type in short: `int32`, `string<5>`, `opaque[4]`, `*node`, `node<>`. */
export function brief(type: Type): string {
  switch (type.kind) {
    case "primitive":
      return type.name;
    case "string":
    case "opaque":
      return `${type.kind}<${type.max ?? ""}>`;
    case "fixed-opaque":
      return `opaque[${type.length}]`;
    case "array":
      return `${brief(type.element)}<${type.max ?? ""}>`;
    case "fixed-array":
      return `${brief(type.element)}[${type.length}]`;
    case "optional":
      return `*${brief(type.element)}`;
    case "ref":
      return type.to.name;
  }
}

export function briefField(field: Field | undefined): string {
  return field ? `${field.name}: ${brief(field.type)}` : "void";
}

/** A definition in short, one line. */
export function briefDefinition(each: Definition): string {
  switch (each.kind) {
    case "const":
      return `const ${each.name} = ${each.value}`;
    case "enum":
      return `enum ${each.name} { ${each.members.map(({ name, value }) => `${name} = ${value}`).join(", ")} }`;
    case "typedef":
      return `typedef ${each.name} = ${brief(each.type)}`;
    case "struct":
      return `struct ${each.name} { ${each.fields.map(briefField).join("; ")} }`;
    case "union": {
      const arms = each.arms.map(
        ({ labels, field }) => `${labels.map(({ text }) => text).join(" ")} → ${briefField(field)}`,
      );
      const last = each.defaultArm ? [`default → ${briefField(each.defaultArm.field)}`] : [];
      return `union ${each.name} (${each.discriminant.name}: ${brief(each.discriminant.type)}) { ${[...arms, ...last].join("; ")} }`;
    }
    case "program": {
      const versions = each.versions.map(({ name, number, procedures }) => {
        const list = procedures.map(
          (p) => `${p.name} = ${p.number} (${p.args.map(({ type }) => brief(type)).join(", ")}) → ${brief(p.result)}`,
        );
        return `${name} = ${number} { ${list.join("; ")} }`;
      });
      return `program ${each.name} = ${each.number} { ${versions.join("; ")} }`;
    }
  }
}

export function briefly(text: string): string[] {
  return modelOf(text).definitions.map(briefDefinition);
}

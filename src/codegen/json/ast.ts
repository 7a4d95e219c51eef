/** The syntax tree as JSON: what the text says, before any name is looked up. */
import type * as ast from "../ast.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { type PlaceJson, placeJson } from "./place.ts";

export function astJson({ definitions, passthroughs }: ast.Specification, texts: SourceTexts): JsonObject {
  const writer = new AstWriter(texts);
  return {
    definitions: definitions.map((definition) => writer.definition(definition)),
    passthroughs: passthroughs.map(({ text, before, span }) => ({
      text,
      before: before?.name?.text ?? null,
      place: writer.place(span),
    })),
  };
}

class AstWriter {
  readonly #texts: SourceTexts;

  constructor(texts: SourceTexts) {
    this.#texts = texts;
  }

  place(span: ast.Span): JsonObject {
    const place: PlaceJson = placeJson(span, this.#texts);
    return { ...place, macro: span.macro?.name ?? null };
  }

  definition(node: ast.DefinitionNode): JsonObject {
    switch (node.kind) {
      case "const":
        return { kind: node.kind, ...this.#head(node), value: this.#constant(node.value) };
      case "type":
        return { kind: node.kind, ...this.#head(node), type: this.#specifier(node.body) };
      case "typedef":
        return { kind: node.kind, ...this.#head(node), declaration: this.#declaration(node.declaration) };
      case "program":
        return {
          kind: node.kind,
          ...this.#head(node),
          number: this.#value(node.number),
          versions: node.versions.map((version) => this.#version(version)),
        };
      case "broken":
        return { kind: node.kind, name: node.name?.text ?? null, place: this.place(node.span) };
    }
  }

  #head({ name, doc, source, span }: Exclude<ast.DefinitionNode, ast.BrokenNode>): JsonObject {
    return { name: name.text, doc: doc ?? null, source, place: this.place(span), namePlace: this.place(name.span) };
  }

  #version({ name, number, doc, procedures, span }: ast.VersionNode): JsonObject {
    return {
      name: name.text,
      number: this.#value(number),
      doc: doc ?? null,
      procedures: procedures.map((procedure) => ({
        name: procedure.name.text,
        number: this.#value(procedure.number),
        doc: procedure.doc ?? null,
        source: procedure.source,
        result: this.#procedureType(procedure.result),
        arguments: procedure.args.map((argument) => this.#procedureType(argument)),
        place: this.place(procedure.span),
      })),
      place: this.place(span),
    };
  }

  #procedureType({ type, star, shape, name, span }: ast.ProcedureType): JsonObject {
    return {
      name: name?.text ?? null,
      type: this.#specifier(type),
      isPointer: star !== undefined,
      shape: this.#shape(shape),
      place: this.place(span),
    };
  }

  #declaration({ type, star, shape, name, doc, source, span }: ast.DeclarationNode): JsonObject {
    return {
      name: name?.text ?? null,
      type: this.#specifier(type),
      isPointer: star !== undefined,
      shape: this.#shape(shape),
      doc: doc ?? null,
      source,
      place: this.place(span),
    };
  }

  #specifier(type: ast.TypeSpecifier): JsonObject {
    const place = this.place(type.span);
    switch (type.kind) {
      case "primitive":
        return { kind: type.kind, name: type.name, place };
      case "string":
      case "opaque":
        return { kind: type.kind, place };
      case "reference":
        return { kind: type.kind, keyword: type.keyword ?? null, name: type.name.text, place };
      case "enum": {
        const members = type.members.map(({ name, value, doc, span }) => ({
          name: name.text,
          value: value ? this.#value(value) : null,
          doc: doc ?? null,
          place: this.place(span),
        }));
        return { kind: type.kind, members, place };
      }
      case "struct":
        return { kind: type.kind, fields: type.fields.map((field) => this.#declaration(field)), place };
      case "union":
        return {
          kind: type.kind,
          discriminant: this.#declaration(type.discriminant),
          cases: type.cases.map(({ labels, declaration, span }) => ({
            labels: labels.map((label) => this.#value(label)),
            declaration: this.#declaration(declaration),
            place: this.place(span),
          })),
          default: type.default ? this.#declaration(type.default.declaration) : null,
          place,
        };
    }
  }

  #shape(shape: ast.Shape): JsonObject {
    if (shape.kind === "plain") return { kind: shape.kind };
    return { kind: shape.kind, size: shape.size ? this.#value(shape.size) : null };
  }

  #constant(value: ast.Value | ast.TextNode): JsonValue {
    if (value.kind !== "text") return this.#value(value);
    return { kind: value.kind, value: value.value, place: this.place(value.span) };
  }

  #value(value: ast.Value): JsonObject {
    const place = this.place(value.span);
    if (value.kind === "name") return { kind: value.kind, name: value.text, place };
    return { kind: value.kind, value: value.value?.toString() ?? null, text: value.text, place };
  }
}

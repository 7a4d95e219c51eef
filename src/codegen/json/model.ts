/** The resolved model as JSON: names are looked up, constants are numbers. Types refer to each other by name. */
import type { Span } from "../ast.ts";
import type * as model from "../model.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import type { JsonObject } from "./json.ts";
import { placeJson } from "./place.ts";

export function modelJson({ definitions }: model.Model, texts: SourceTexts): JsonObject {
  const writer = new ModelWriter(texts);
  const written = definitions.map((definition) => writer.definition(definition));
  return { definitions: written, externals: [...writer.externals.values()].map(externalJson) };
}

function externalJson({ name, module, type, codec, minimumBytes }: model.ExternalTypeDefinition): JsonObject {
  return { name, module: module ?? null, type, codec, minimumBytes };
}

class ModelWriter {
  /** Those that types refer to. */
  readonly externals: Map<string, model.ExternalTypeDefinition> = new Map<string, model.ExternalTypeDefinition>();
  readonly #texts: SourceTexts;

  constructor(texts: SourceTexts) {
    this.#texts = texts;
  }

  definition(definition: model.Definition): JsonObject {
    const { kind, name, doc, source, span } = definition;
    return { kind, name, doc: doc ?? null, source, ...this.#content(definition), place: this.#place(span) };
  }

  #content(definition: model.Definition): JsonObject {
    switch (definition.kind) {
      case "const": {
        const { value } = definition;
        return { type: typeof value === "string" ? "text" : "integer", value: value.toString() };
      }
      case "enum":
        return {
          members: definition.members.map(({ name, value, doc, span }) => ({
            name,
            value,
            doc: doc ?? null,
            place: this.#place(span),
          })),
        };
      case "typedef":
        return { type: this.#type(definition.type), recursive: definition.recursive };
      case "struct":
        return {
          fields: definition.fields.map((field) => this.#field(field)),
          // The pointer by which the struct is a list.
          listField: definition.listField?.name ?? null,
          recursive: definition.recursive,
        };
      case "union":
        return this.#union(definition);
      case "program":
        return { number: definition.number, versions: definition.versions.map((version) => this.#version(version)) };
    }
  }

  #union({ discriminant, arms, defaultArm, recursive }: model.UnionDefinition): JsonObject {
    const { name, type, base, span } = discriminant;
    return {
      discriminant: {
        name,
        type: this.#type(type),
        base: typeof base === "string" ? { kind: "primitive", name: base } : { kind: "ref", to: base.name },
        place: this.#place(span),
      },
      arms: arms.map((arm) => ({
        labels: arm.labels.map((label) => ({
          value: label.value.toString(),
          text: label.text,
          member: label.member?.name ?? null,
        })),
        field: arm.field ? this.#field(arm.field) : null,
        place: this.#place(arm.span),
      })),
      default: defaultArm
        ? { field: defaultArm.field ? this.#field(defaultArm.field) : null, place: this.#place(defaultArm.span) }
        : null,
      recursive,
    };
  }

  #version({ name, number, doc, procedures, span }: model.Version): JsonObject {
    return {
      name,
      number,
      doc: doc ?? null,
      procedures: procedures.map((procedure) => this.#procedure(procedure)),
      place: this.#place(span),
    };
  }

  #procedure({ name, number, doc, source, args, result, span }: model.Procedure): JsonObject {
    return {
      name,
      number,
      doc: doc ?? null,
      source,
      arguments: args.map((argument) => ({
        name: argument.name ?? null,
        type: this.#type(argument.type),
        place: this.#place(argument.span),
      })),
      result: this.#type(result),
      place: this.#place(span),
    };
  }

  #field({ name, type, doc, span }: model.Field): JsonObject {
    return { name, type: this.#type(type), doc: doc ?? null, place: this.#place(span) };
  }

  #type(type: model.Type): JsonObject {
    switch (type.kind) {
      case "primitive":
        return { kind: type.kind, name: type.name };
      case "string":
      case "opaque":
        return { kind: type.kind, max: type.max ?? null };
      case "fixed-opaque":
        return { kind: type.kind, length: type.length };
      case "array":
        return { kind: type.kind, element: this.#type(type.element), max: type.max ?? null };
      case "fixed-array":
        return { kind: type.kind, element: this.#type(type.element), length: type.length };
      case "optional":
        return { kind: type.kind, element: this.#type(type.element) };
      case "ref":
        if (type.to.kind !== "external") return { kind: type.kind, to: type.to.name };
        this.externals.set(type.to.name, type.to);
        return { kind: "external", to: type.to.name };
    }
  }

  #place(span: Span): JsonObject {
    return { ...placeJson(span, this.#texts) };
  }
}

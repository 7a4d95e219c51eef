/** What the emitters of one module share: names, and the imports that they turn out to need. */
import type { Model, TypeDefinition } from "../model.ts";
import type { Names, TypeNames } from "../names.ts";
import { LOCAL_NAMES } from "../reserved.ts";
import type { ImportSource } from "./declaration.ts";

/** How generated modules name what they import. */
export interface ImportRules {
  /** Prefix of `xdr` and `runtime`. Where it begins with `.`, it is a folder. */
  readonly runtime: string;
  /** Extension of relative imports: `.js`, `.ts` or nothing. */
  readonly extension: string;
}

/** Where a module's imports come from: Node, the library's two rooms, or a sibling such as `./date`. */
export type ImportRoom = `node:${string}` | "xdr" | "runtime" | `./${string}`;

/** The scope of one module. */
export class Scope {
  readonly model: Model;
  readonly names: Names;
  readonly #rules: ImportRules;
  readonly #imports = new Map<string, Map<string, string>>();

  constructor(model: Model, names: Names, rules: ImportRules) {
    this.model = model;
    this.names = names;
    this.#rules = rules;
  }

  /** Imports a value, and gives the name that it has here. */
  value(room: ImportRoom, name: string): string {
    return this.#import(room, name, "value");
  }

  /** Imports a type, and gives the name that it has here. */
  type(room: ImportRoom, name: string): string {
    return this.#import(room, name, "type");
  }

  /** A global type or object, also where the user's types have taken its name. */
  global(name: string): string {
    return this.names.declared.has(name) ? `globalThis.${name}` : name;
  }

  typeNames(definition: TypeDefinition): TypeNames {
    const names = this.names.types.get(definition);
    if (names === undefined) throw new Error(`type ${definition.name} is not one of the module's definitions`);
    return names;
  }

  /** The imports so far: values before types; Node, the library, siblings. */
  imports(): ImportSource[] {
    const groups = [...this.#imports].map(([key, names]) => {
      const [kind, room] = split(key);
      const entries = [...names].map(([name, local]) => ({ name, alias: local === name ? undefined : local }));
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { room, from: this.#specifier(room), typeOnly: kind === "type", names: entries };
    });
    const rank = (it: { room: string; typeOnly: boolean }): string =>
      `${it.room.startsWith("node:") ? "0" : it.room.startsWith(".") ? "2" : "1"}${it.room === "xdr" ? "0" : "1"}${it.room}${it.typeOnly ? "1" : "0"}`;
    return groups.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  #import(room: ImportRoom, name: string, kind: "value" | "type"): string {
    const key = `${kind}:${room}`;
    const names = this.#imports.get(key) ?? new Map<string, string>();
    this.#imports.set(key, names);
    const local = room.startsWith(".") ? this.#visible(name) : this.#local(name);
    names.set(name, local);
    return local;
  }

  /** A sibling's constants keep their names there, and here too unless a function's own names would hide them. */
  #visible(name: string): string {
    return LOCAL_NAMES.test(name) ? this.#local(`${name}_`) : name;
  }

  #local(name: string): string {
    let local = name;
    while (this.names.declared.has(local)) local += "_";
    return local;
  }

  #specifier(room: string): string {
    const { runtime, extension } = this.#rules;
    if (room.startsWith("node:")) return room;
    if (room.startsWith(".")) return room + extension;
    return runtime.startsWith(".") ? `${runtime.replace(/\/+$/, "")}/${room}/index${extension}` : `${runtime}/${room}`;
  }
}

function split(key: string): [string, string] {
  const colon = key.indexOf(":");
  return [key.slice(0, colon), key.slice(colon + 1)];
}

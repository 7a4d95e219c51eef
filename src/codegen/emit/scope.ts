/** What the emitters of one module share: names, and the imports that they turn out to need. */
import type { EnumDefinition, Model, ReferencedType } from "../model.ts";
import type { Names, TypeNames } from "../names.ts";
import { LOCAL_NAMES } from "../reserved.ts";
import type { ImportSource } from "./declaration.ts";
import type { EmitOptions } from "./options.ts";

/**
 * Where a module's imports come from: the library, another module of the same `.x` file, the module of an
 * included one, what `--externals` names, or Node.
 */
export type ImportRoom =
  | "xdr"
  | "runtime"
  | "runtime/sync"
  | `./${string}`
  | `node:${string}`
  | { readonly included: string }
  | { readonly external: string };

/** Names of the platform that generated code uses: what is imported from elsewhere must not hide them. */
const GLOBALS: ReadonlySet<string> = new Set(
  (
    "Array BigInt64Array BigUint64Array Exclude Float32Array Float64Array Int32Array Promise Uint32Array Uint8Array " +
    "globalThis"
  ).split(" "),
);

/** In the order of their imports. */
const LIBRARY = ["xdr", "runtime", "runtime/sync"] as const;

/** The scope of one module. */
export class Scope {
  /** What the module's own `.x` file defines. */
  readonly model: Model;
  readonly names: Names;
  readonly options: EmitOptions;
  /** Whether the module is the one that declares the types. */
  readonly #holdsTypes: boolean;
  readonly #imports = new Map<string, Map<string, string>>();
  /** Names that imports from elsewhere have here, with what they stand for. */
  readonly #locals = new Map<string, string>();

  constructor(model: Model, names: Names, options: EmitOptions, holdsTypes: boolean) {
    this.model = model;
    this.names = names;
    this.options = options;
    this.#holdsTypes = holdsTypes;
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

  /** The names of a type here; one of another module is imported, as far as its names are asked for. */
  typeNames(definition: ReferencedType): TypeNames {
    if (definition.kind === "external") return this.#externalNames(definition);
    const names = this.names.types.get(definition);
    if (names === undefined) throw new Error(`type ${definition.name} has no names`);
    const { file } = definition.span;
    if (this.#holdsTypes && file === this.model.file) return names;
    const room = this.#roomOf(file);
    const importType = (name: string): string => this.type(room, name);
    const importValue = (name: string): string => this.value(room, name);
    return {
      get type() {
        return importType(names.type);
      },
      get codec() {
        return importValue(names.codec);
      },
      get guard() {
        return importValue(names.guard);
      },
      // Used where it is declared alone.
      read: names.read,
    };
  }

  /** The object that holds an enum's members. */
  enumObject(definition: EnumDefinition): string {
    const { type } = this.names.types.get(definition) ?? this.typeNames(definition);
    const isHere = this.#holdsTypes && definition.span.file === this.model.file;
    return isHere ? type : this.value(this.#roomOf(definition.span.file), type);
  }

  #roomOf(file: string): ImportRoom {
    return file === this.model.file ? this.options.base : { included: this.options.moduleOf(file) };
  }

  #externalNames(definition: Extract<ReferencedType, { kind: "external" }>): TypeNames {
    const { module, file = this.model.file, type, codec } = definition;
    // A `%ts` line declares it in the module of its file's types.
    if (module === undefined && this.#holdsTypes && file === this.model.file) {
      return { type, codec, guard: type, read: type };
    }
    const room = module === undefined ? this.#roomOf(file) : { external: module };
    const importType = (): string => this.type(room, type);
    const importCodec = (): string => this.value(room, codec);
    return {
      get type() {
        return importType();
      },
      get codec() {
        return importCodec();
      },
      guard: type,
      read: type,
    };
  }

  /** The imports so far: values before types; Node, the library, others, siblings. */
  imports(): ImportSource[] {
    const groups = [...this.#imports].map(([key, names]) => {
      const [kind, from] = split(key);
      const values = kind === "type" ? this.#imports.get(`value:${from}`) : undefined;
      const entries = [...names]
        .filter(([name]) => values?.has(name) !== true)
        .map(([name, local]) => ({ name, alias: local === name ? undefined : local }));
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { from, typeOnly: kind === "type", names: entries };
    });
    const rank = ({ from, typeOnly }: { from: string; typeOnly: boolean }): string => {
      const room = LIBRARY.findIndex((it) => from === this.#specifier(it));
      const place = from.startsWith("node:") ? 0 : room >= 0 ? room + 1 : from.startsWith(".") ? 4 : 3;
      return `${place}${from}${typeOnly ? "1" : "0"}`;
    };
    return groups.filter(({ names }) => names.length > 0).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  #import(room: ImportRoom, name: string, kind: "value" | "type"): string {
    const from = this.#specifier(room);
    const key = `${kind}:${from}`;
    const names = this.#imports.get(key) ?? new Map<string, string>();
    this.#imports.set(key, names);
    const isSibling = typeof room === "string" && room.startsWith(".");
    // Nothing hides a sibling's type: what a function declares are values.
    const sibling = (): string => (kind === "type" ? name : this.#visible(from, name));
    const local = isSibling ? sibling() : this.#local(from, name, typeof room === "object");
    names.set(name, local);
    return local;
  }

  /** The names of the same `.x` file are apart already, unless a function's own names would hide them. */
  #visible(from: string, name: string): string {
    return LOCAL_NAMES.test(name) ? this.#local(from, `${name}_`, false) : name;
  }

  #local(from: string, name: string, isForeign: boolean): string {
    const origin = `${from}:${name}`;
    let local = name;
    while (
      this.names.declared.has(local) ||
      (this.#locals.get(local) ?? origin) !== origin ||
      (isForeign && (GLOBALS.has(local) || LOCAL_NAMES.test(local)))
    ) {
      local += "_";
    }
    this.#locals.set(local, origin);
    return local;
  }

  #specifier(room: ImportRoom): string {
    const { runtime, extension } = this.options;
    if (typeof room === "object")
      return "external" in room ? this.options.externalModule(room.external) : room.included + extension;
    if (room.startsWith("node:")) return room;
    if (room.startsWith(".")) return room + extension;
    return runtime.startsWith(".") ? `${runtime.replace(/\/+$/, "")}/${room}/index${extension}` : `${runtime}/${room}`;
  }
}

function split(key: string): [string, string] {
  const colon = key.indexOf(":");
  return [key.slice(0, colon), key.slice(colon + 1)];
}

/** Types and constants that the `.x` uses and does not define: from `--externals FILE`, or from its `%ts` lines. */
import type * as ast from "./ast.ts";
import { cDeclarationOf, indexWords } from "./c-declarations.ts";
import { CDefines } from "./preprocess/c-defines.ts";
import { typeName } from "./name-mapping.ts";

/** Where a type and its codec come from. */
export interface ExternalType {
  /**
   * Module specifier; a relative one is seen from the folder of the first input's modules. Undefined where a `%ts` line
   * declares the type.
   */
  readonly module: string | undefined;
  /** The `.x` file of that line, whose module has the type; undefined where there is a specifier. */
  readonly file?: string;
  readonly type: string;
  /** An `XdrCodec` of that type. */
  readonly codec: string;
  /** Bytes that every value takes at least on the wire: counts of elements are bounded by it. */
  readonly minimumBytes: number;
}

/** By their names in the `.x`. */
export interface Externals {
  readonly types: ReadonlyMap<string, ExternalType>;
  readonly constants: ReadonlyMap<string, bigint>;
}

export const NO_EXTERNALS: Externals = { types: new Map(), constants: new Map() };

const DEFAULT_MINIMUM_BYTES = 4;

/** The JSON of an externals file; schema/externals.schema.json describes it. */
export interface ExternalsJson {
  readonly $schema?: string;
  readonly types?: Readonly<
    Record<
      string,
      { readonly module: string; readonly type: string; readonly codec: string; readonly minimumBytes?: number }
    >
  >;
  /** A string holds a number beyond 2^53, or one in hexadecimal. */
  readonly constants?: Readonly<Record<string, number | string>>;
}

/** Checks what an externals file says. A string tells the first thing that is wrong with it. */
export function parseExternals(json: unknown): Externals | string {
  if (!isRecord(json)) return "it is not a JSON object";
  const unknown = Object.keys(json).find((key) => key !== "$schema" && key !== "types" && key !== "constants");
  if (unknown !== undefined) return `it has a member '${unknown}'; it takes "types" and "constants"`;
  const types = new Map<string, ExternalType>();
  const constants = new Map<string, bigint>();
  for (const [name, value] of entries(json, "types")) {
    const type = externalType(value);
    if (type === undefined) {
      return `types.${name} is not { "module": …, "type": …, "codec": … }, with a "minimumBytes" from 0 to 2^32 - 1 if any`;
    }
    types.set(name, type);
  }
  for (const [name, value] of entries(json, "constants")) {
    const constant = externalConstant(value);
    if (constant === undefined) return `constants.${name} is not an integer`;
    constants.set(name, constant);
  }
  return { types, constants };
}

function entries(json: Readonly<Record<string, unknown>>, member: string): [string, unknown][] {
  const value = Object.hasOwn(json, member) ? json[member] : {};
  return isRecord(value) ? Object.entries(value) : [["", value]];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function externalType(value: unknown): ExternalType | undefined {
  if (!isRecord(value)) return undefined;
  const { module, type, codec, minimumBytes = DEFAULT_MINIMUM_BYTES } = value;
  const isSound =
    typeof module === "string" &&
    /^[^\s"'\\`]+$/.test(module) &&
    typeof type === "string" &&
    IDENTIFIER.test(type) &&
    typeof codec === "string" &&
    IDENTIFIER.test(codec) &&
    typeof minimumBytes === "number" &&
    Number.isInteger(minimumBytes) &&
    minimumBytes >= 0 &&
    minimumBytes < 2 ** 32;
  return isSound ? { module, type, codec, minimumBytes } : undefined;
}

function externalConstant(value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string") return undefined;
  const [, sign, digits = ""] = /^(-?)(0[xX][0-9a-fA-F]{1,16}|\d{1,20})$/.exec(value) ?? [];
  if (digits === "") return undefined;
  return sign === "-" ? -BigInt(digits) : BigInt(digits);
}

/** `%ts` lines: TypeScript for the module. */
export function tsLine(text: string): string | undefined {
  return /^ts(?: (.*)|\s*)$/.exec(text.replace(/\r$/, "")) ? text.replace(/\r$/, "").slice(3) : undefined;
}

/** What a file's surroundings define. */
export class ExternalScope {
  readonly #externals: Externals;
  /** The `%ts` lines of the unit, by file. */
  readonly #scripts = new Map<string, string>();
  readonly #defines = new CDefines();
  /** The `%` lines that are C's. */
  readonly #cLines: ast.PassthroughNode[] = [];
  /** Made where it is asked for. */
  #linesByWord: ReadonlyMap<string, readonly ast.PassthroughNode[]> | undefined;

  constructor(externals: Externals, passthroughs: readonly ast.PassthroughNode[]) {
    this.#externals = externals;
    for (const node of passthroughs) {
      const { text, span } = node;
      this.#defines.add(text);
      const line = tsLine(text);
      if (line === undefined) this.#cLines.push(node);
      else this.#scripts.set(span.file, `${this.#scripts.get(span.file) ?? ""}${line}\n`);
    }
  }

  type(name: string): ExternalType | undefined {
    const external = this.#externals.types.get(name);
    if (external) return external;
    for (const [file, script] of this.#scripts) {
      const type = [name, typeName(name)].find((it) => mentions(script, it) && mentions(script, `${it}Codec`));
      if (type === undefined) continue;
      return { module: undefined, file, type, codec: `${type}Codec`, minimumBytes: DEFAULT_MINIMUM_BYTES };
    }
    return undefined;
  }

  /** What a name comes to that a `%#define` gives words to. */
  definedWords(name: string): readonly string[] | undefined {
    return this.#defines.words(name);
  }

  /** The first `%` line that declares a type of this name to C. */
  declaredForC(name: string): ast.PassthroughNode | undefined {
    this.#linesByWord ??= indexWords(this.#cLines);
    const lines = this.#linesByWord.get(name);
    const declares = lines && cDeclarationOf(name);
    return declares && lines.find(({ text }) => declares.test(text));
  }

  constant(name: string): bigint | undefined {
    const external = this.#externals.constants.get(name) ?? this.#defines.value(name);
    if (external !== undefined || this.#scripts.size === 0) return external;
    const pattern = new RegExp(
      `\\bconst\\s+${name}\\s*(?::[^=]*)?=\\s*(-?(?:0[xX][0-9a-fA-F]+|\\d+))n?\\s*(?:;|$)`,
      "m",
    );
    return externalConstant(pattern.exec([...this.#scripts.values()].join("\n"))?.[1]);
  }
}

function mentions(script: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(script);
}

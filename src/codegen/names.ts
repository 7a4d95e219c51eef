/**
 * From the names of the `.x` to those of TypeScript. A collision never fails: the names that collide fall back to the
 * `.x`'s own, with a warning. In the `verbatim` style they are the `.x`'s own from the start.
 */
import type { Span } from "./ast.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type {
  ConstantDefinition,
  Field,
  Model,
  Procedure,
  ProgramDefinition,
  StructDefinition,
  TypeDefinition,
  UnionDefinition,
  Version,
} from "./model.ts";
import { memberName, typeName } from "./name-mapping.ts";
import { LANGUAGE_WORDS, LOCAL_NAMES, PROCEDURE_NAMES, TYPE_WORDS } from "./reserved.ts";

/** What a type's declarations are called. */
export interface TypeNames {
  readonly type: string;
  readonly codec: string;
  /** An enum's type guard. */
  readonly guard: string;
  /** Reads one node of a list; not exported. */
  readonly read: string;
}

/** What the declarations of one version of a program are called. */
export interface VersionNames {
  /** The constant that holds the version's number. */
  readonly constant: string;
  readonly descriptors: string;
  readonly client: string;
  readonly handlers: string;
  readonly service: string;
  readonly procedures: ReadonlyMap<Procedure, string>;
}

/** The names of one `.x` file's modules. */
export interface Names {
  readonly constants: ReadonlyMap<ConstantDefinition | ProgramDefinition, string>;
  readonly types: ReadonlyMap<TypeDefinition, TypeNames>;
  readonly versions: ReadonlyMap<Version, VersionNames>;
  readonly fields: ReadonlyMap<Field, string>;
  readonly discriminants: ReadonlyMap<UnionDefinition, string>;
  /** Maps the name of an argument. */
  readonly member: (name: string) => string;
  /** Everything that the modules declare at their top level. */
  readonly declared: ReadonlySet<string>;
}

/** `mapped`: in TypeScript's manner, by the rules of `typeName` and `memberName`. `verbatim`: as the `.x` spells them. */
export type NameStyle = "mapped" | "verbatim";

/** Names everything in a model. Without collisions there are no diagnostics. */
export function nameModel(model: Model, style: NameStyle = "mapped"): { names: Names; diagnostics: Diagnostic[] } {
  const level = style === "mapped" ? MAPPED : OWN;
  const diagnostics: Diagnostic[] = [];
  const report = reporter(diagnostics);
  const claims: Claim[] = [];
  const constants = new Map<ConstantDefinition | ProgramDefinition, Claim>();
  const versionConstants = new Map<Version, Claim>();
  const types = new Map<TypeDefinition, Claim>();
  const versions = new Map<Version, Claim>();
  const add = (claim: Claim): Claim => {
    claims.push(claim);
    return claim;
  };

  for (const definition of model.definitions) {
    const { name, span } = definition;
    switch (definition.kind) {
      case "const":
        constants.set(definition, add(constantClaim(name, span, [])));
        break;
      case "program":
        constants.set(definition, add(constantClaim(name, span, [])));
        for (const version of definition.versions) {
          versionConstants.set(version, add(constantClaim(version.name, span, [`${name}_${version.name}`])));
          versions.set(version, add(versionClaim(definition, version, level)));
        }
        break;
      default:
        types.set(definition, add(typeClaim(definition, level)));
    }
  }
  settle(claims, report);

  const fields = new Map<Field, string>();
  const discriminants = new Map<UnionDefinition, string>();
  for (const definition of model.definitions) {
    if (definition.kind === "struct") nameFields(definition, fields, report, level);
    if (definition.kind === "union") nameArms(definition, fields, discriminants, report, level);
  }

  const first = (claim: Claim | undefined): string => current(claim)[0] ?? "";
  const names: Names = {
    constants: new Map([...constants].map(([definition, claim]) => [definition, first(claim)])),
    types: new Map([...types].map(([definition, claim]) => [definition, typeNames(current(claim))])),
    versions: new Map(
      [...versions].map(([version, claim]) => {
        const [descriptors = "", client = "", handlers = "", service = ""] = current(claim);
        const constant = first(versionConstants.get(version));
        const procedures = nameProcedures(version, claim.span, report, level);
        return [version, { constant, descriptors, client, handlers, service, procedures }];
      }),
    ),
    fields,
    discriminants,
    member: style === "mapped" ? memberName : (name) => name,
    declared: new Set(claims.flatMap(current)),
  };
  return { names, diagnostics };
}

/** The first levels of a claim; those above are made up. */
const MAPPED = 0;
const OWN = 1;

/** Something that needs names of its own in a scope, and gives way level by level until it has them. */
interface Claim {
  readonly own: string;
  readonly span: Span;
  /** All names that it takes at a level. */
  readonly forms: (level: number) => readonly string[];
  readonly reserved: (name: string) => boolean;
  level: number;
}

function current(claim: Claim | undefined): readonly string[] {
  return claim === undefined ? [] : claim.forms(claim.level);
}

function own(name: string, level: number): string {
  return name + "_".repeat(Math.max(0, level - OWN));
}

function constantClaim(name: string, span: Span, others: readonly string[]): Claim {
  const form = (level: number): string =>
    level <= OWN ? name : (others[level - 2] ?? own(name, level - others.length));
  return { own: name, span, forms: (level) => [form(level)], reserved: (it) => LANGUAGE_WORDS.has(it), level: OWN };
}

function typeClaim(definition: TypeDefinition, level: number): Claim {
  const { name, span, kind } = definition;
  const forms = (level: number): string[] => {
    const type = level === MAPPED ? typeName(name) : own(name, level);
    const names = typeNames([type]);
    if (kind === "enum") return [type, names.codec, names.guard];
    if (kind === "struct" && definition.listField !== undefined) return [type, names.codec, names.read];
    return [type, names.codec];
  };
  return { own: name, span, forms, reserved: kind === "enum" ? isReservedObject : isReservedType, level };
}

function typeNames([type = ""]: readonly string[]): TypeNames {
  const verb = (word: string): string => (/^[A-Z]/.test(type) ? word + type : `${word}_${type}`);
  return { type, codec: `${type}Codec`, guard: verb("is"), read: verb("read") };
}

function versionClaim(program: ProgramDefinition, version: Version, level: number): Claim {
  const { name, span } = program;
  const forms = (level: number): string[] => {
    const base = level === MAPPED ? `${typeName(name)}V${version.number}` : own(`${name}_V${version.number}`, level);
    const service = level === MAPPED ? `${memberName(name)}V${version.number}Service` : `${base}Service`;
    return [base, `${base}Client`, `${base}Handlers`, service];
  };
  return { own: name, span, forms, reserved: isReservedObject, level };
}

function isReservedType(name: string): boolean {
  return LANGUAGE_WORDS.has(name) || TYPE_WORDS.has(name);
}

/** A type that is an object as well can be hidden by a function's own names. */
function isReservedObject(name: string): boolean {
  return isReservedType(name) || LOCAL_NAMES.test(name);
}

type Report = (collision: { name: string; holders: readonly Claim[]; leaving: readonly Claim[] }) => void;

function reporter(diagnostics: Diagnostic[]): Report {
  return ({ name, holders, leaving }) => {
    const [first, second] = holders;
    if (first === undefined) return;
    const span = (second ?? first).span;
    const owns = holders.map((claim) => `\`${claim.own}\``);
    const problem =
      second === undefined
        ? first.own === name
          ? `\`${name}\` can't be declared in TypeScript`
          : `${owns.join()} would become \`${name}\`, which can't be declared`
        : `${owns.slice(0, -1).join(", ")} and ${owns.at(-1) ?? ""} would share the name \`${name}\``;
    const mends = leaving.map((claim) => {
      const next = claim.forms(claim.level + 1)[0] ?? "";
      return claim.level === MAPPED
        ? `\`${claim.own}\` keeps its name of the .x`
        : `\`${claim.own}\` is called \`${next}\``;
    });
    const allKeep = leaving.length > 1 && leaving.every((claim) => claim.level === MAPPED);
    const message = `${problem}: ${allKeep ? "they keep their names of the .x" : mends.join(", ")}`;
    diagnostics.push({ code: "name-collision", severity: "warning", message, span });
  };
}

/** Moves claims up their levels until no two hold one name. */
function settle(claims: readonly Claim[], report: Report): void {
  for (;;) {
    const holders = new Map<string, Set<Claim>>();
    for (const claim of claims) {
      for (const name of current(claim)) {
        const set = holders.get(name);
        if (set === undefined) holders.set(name, new Set([claim]));
        else set.add(claim);
      }
    }
    const moving = new Set<Claim>();
    const told = new Set<string>();
    for (const [name, set] of holders) {
      const all = [...set];
      const reserved = all.filter((claim) => claim.reserved(name));
      if (all.length === 1 && reserved.length === 0) continue;
      // Mapped names give way to the .x's own; among those the first declared stays.
      const mapped = all.filter((claim) => claim.level === MAPPED);
      const leaving = reserved.length > 0 ? reserved : mapped.length > 0 ? mapped : all.slice(1);
      for (const claim of leaving) moving.add(claim);
      // Two types that share a name share their codecs' names, too: told once.
      const group = all.map((claim) => claims.indexOf(claim)).join();
      if (!told.has(group)) report({ name, holders: all, leaving });
      told.add(group);
    }
    if (moving.size === 0) return;
    for (const claim of moving) claim.level++;
  }
}

/** Names members of one scope. Those with one name in the `.x` are one; a name in `suffixed` gets a `_`. */
function settleMembers(
  owns: Iterable<string>,
  span: Span,
  report: Report,
  level: number,
  suffixed: (name: string) => boolean = () => false,
): Map<string, string> {
  const suffix = (name: string): string => (suffixed(name) ? `${name}_` : name);
  const claims = [...new Set(owns)].map((name): Claim => ({
    own: name,
    span,
    forms: (level) => [suffix(level === MAPPED ? memberName(name) : own(name, level))],
    reserved: () => false,
    level,
  }));
  settle(claims, report);
  return new Map(claims.map((claim) => [claim.own, current(claim)[0] ?? claim.own]));
}

function nameFields(struct: StructDefinition, names: Map<Field, string>, report: Report, level: number): void {
  const members = settleMembers(
    struct.fields.map((field) => field.name),
    struct.span,
    report,
    level,
  );
  for (const field of struct.fields) names.set(field, members.get(field.name) ?? field.name);
}

function nameArms(
  union: UnionDefinition,
  names: Map<Field, string>,
  discriminants: Map<UnionDefinition, string>,
  report: Report,
  level: number,
): void {
  const discriminant = level === MAPPED ? memberName(union.discriminant.name) : union.discriminant.name;
  discriminants.set(union, discriminant);
  const fields = [...union.arms, ...(union.defaultArm === undefined ? [] : [union.defaultArm])]
    .map((arm) => arm.field)
    .filter((field) => field !== undefined);
  const owns = fields.map((field) => field.name);
  const members = settleMembers(owns, union.span, report, level, (name) => name === discriminant);
  for (const field of fields) names.set(field, members.get(field.name) ?? field.name);
}

function nameProcedures(version: Version, span: Span, report: Report, level: number): Map<Procedure, string> {
  const owns = version.procedures.map((procedure) => procedure.name);
  const members = settleMembers(owns, span, report, level, (name) => PROCEDURE_NAMES.has(name));
  return new Map(version.procedures.map((procedure) => [procedure, members.get(procedure.name) ?? procedure.name]));
}

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
import { type Claim, current, MAPPED, OWN, own, type Report, reporter, settle } from "./name-claims.ts";
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
  /** False where a constant of that name and value is declared anyhow: by a version before it, or a `const`. */
  readonly declaresConstant: boolean;
  readonly descriptors: string;
  readonly client: string;
  /** Of the client whose calls block; empty where there is none. */
  readonly syncClient: string;
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

/** Names everything in a model. Without collisions there are no diagnostics. `sync`: there are blocking clients, too. */
export function nameModel(
  model: Model,
  style: NameStyle = "mapped",
  sync = false,
): { names: Names; diagnostics: Diagnostic[] } {
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

  // In C both are one macro.
  const byValue = new Map<string, Claim>();
  const addConstant = (name: string, value: bigint | number | string, span: Span, others: readonly string[]): Claim => {
    const key = typeof value === "string" ? undefined : `${name} ${value}`;
    const claim = byValue.get(key ?? "") ?? add(constantClaim(name, span, others));
    if (key !== undefined) byValue.set(key, claim);
    return claim;
  };

  for (const definition of model.definitions) {
    const { name, span } = definition;
    switch (definition.kind) {
      case "const":
        constants.set(definition, addConstant(name, definition.value, span, []));
        break;
      case "program":
        constants.set(definition, addConstant(name, definition.number, span, []));
        for (const version of definition.versions) {
          const others = [`${name}_${version.name}`];
          versionConstants.set(version, addConstant(version.name, version.number, span, others));
          versions.set(version, add(versionClaim(definition, version, level, sync)));
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

  const declared = new Set(constants.values());
  const first = (claim: Claim | undefined): string => current(claim)[0] ?? "";
  const names: Names = {
    constants: new Map([...constants].map(([definition, claim]) => [definition, first(claim)])),
    types: new Map([...types].map(([definition, claim]) => [definition, typeNames(current(claim))])),
    versions: new Map(
      [...versions].map(([version, claim]) => {
        const [descriptors = "", client = "", handlers = "", service = "", syncClient = ""] = current(claim);
        const constantOf = versionConstants.get(version);
        const constant = first(constantOf);
        const declaresConstant = constantOf !== undefined && !declared.has(constantOf);
        if (constantOf) declared.add(constantOf);
        const procedures = nameProcedures(version, claim.span, report, level);
        return [
          version,
          { constant, declaresConstant, descriptors, client, syncClient, handlers, service, procedures },
        ];
      }),
    ),
    fields,
    discriminants,
    member: style === "mapped" ? memberName : (name) => name,
    declared: new Set(claims.flatMap(current)),
  };
  return { names, diagnostics };
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

function versionClaim(program: ProgramDefinition, version: Version, level: number, sync: boolean): Claim {
  const { name, span } = program;
  const forms = (level: number): string[] => {
    const base = level === MAPPED ? `${typeName(name)}V${version.number}` : own(`${name}_V${version.number}`, level);
    const service = level === MAPPED ? `${memberName(name)}V${version.number}Service` : `${base}Service`;
    return [base, `${base}Client`, `${base}Handlers`, service, ...(sync ? [`${base}SyncClient`] : [])];
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

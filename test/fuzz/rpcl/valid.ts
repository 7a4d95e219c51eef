/** Sources that are mostly right, so that modules come of them: definitions that use each other. */
import type { Random } from "../random.ts";

/** Names that collide with each other, or with something in TypeScript or in the generated modules. */
const awkward: readonly string[] = [
  ..."value w r at item n i head tail node first length default_ class then constructor connection".split(" "),
  ..."String Error Promise Uint8Array Color color COLOR foo_bar fooBar FOO_BAR foo__bar _foo foo_ is_color".split(" "),
  ..."XdrCodec voidCodec int32Codec RpcClient CallOptions new delete await yield let static number".split(" "),
];

interface Scope {
  readonly random: Random;
  readonly constants: string[];
  /** Constants that a length may be. */
  readonly lengths: string[];
  readonly types: string[];
  readonly enums: { readonly name: string; readonly members: readonly string[] }[];
  count: number;
}

/** Up to fourteen definitions. */
export function validSource(random: Random): string {
  const scope: Scope = { random, constants: [], lengths: [], types: [], enums: [], count: 0 };
  const definitions = random.times(random.between(1, 14), () => definition(scope));
  return `${definitions.join("\n")}\n`;
}

function definition(scope: Scope): string {
  const { random } = scope;
  const comment = random.oneIn(4) ? `/* ${random.pick(["about it", "*\n * lines\n ", "@tag {x} `y`", "\\"])} */\n` : "";
  switch (random.below(8)) {
    case 0:
      return comment + constant(scope);
    case 1:
      return comment + enumeration(scope);
    case 2:
    case 3: {
      const declared = name(scope);
      const text = `typedef ${declaration(scope, declared)};`;
      scope.types.push(declared);
      return comment + text;
    }
    case 4:
    case 5: {
      const declared = name(scope);
      // Known to its own fields, which may point to it.
      const text = `struct ${declared} {\n${fields(scope, declared)}};`;
      scope.types.push(declared);
      return comment + text;
    }
    case 6: {
      const declared = name(scope);
      const text = `union ${declared} ${unionBody(scope)};`;
      scope.types.push(declared);
      return comment + text;
    }
    default:
      return comment + program(scope);
  }
}

function constant(scope: Scope): string {
  const declared = name(scope);
  const isLength = scope.random.oneIn(2);
  const given = isLength
    ? String(scope.random.between(1, 300))
    : scope.random.oneIn(2)
      ? value(scope)
      : number(scope.random);
  scope.constants.push(declared);
  if (isLength) scope.lengths.push(declared);
  return `const ${declared} = ${given};`;
}

function enumeration(scope: Scope): string {
  const { random } = scope;
  const declared = name(scope);
  // Enums may share enumerators.
  const fresh = random.times(random.between(1, 6), () => name(scope));
  const others = scope.enums.length > 0 && random.oneIn(3) ? random.pick(scope.enums).members : [];
  const members = [...fresh, ...others.filter((other) => random.oneIn(2) && !fresh.includes(other))];
  const text = members.map((member) => (random.oneIn(2) ? member : `${member} = ${random.below(40) - 5}`)).join(", ");
  scope.enums.push({ name: declared, members });
  scope.types.push(declared);
  return `enum ${declared} { ${text} };`;
}

function fields(scope: Scope, self: string | undefined): string {
  const { random } = scope;
  const declared = random.times(random.between(1, 7), () => declaration(scope, fieldName(scope)));
  if (self !== undefined && random.oneIn(4)) declared.push(`${self} *${random.pick(["next", "left", "other"])}`);
  return declared.map((field) => `    ${field};\n`).join("");
}

function unionBody(scope: Scope): string {
  const { random } = scope;
  const over = scope.enums.length > 0 && random.oneIn(2) ? random.pick(scope.enums) : undefined;
  const discriminant = over?.name ?? random.pick(["int", "unsigned int", "bool"]);
  const labels = over?.members ?? (discriminant === "bool" ? ["TRUE", "FALSE"] : ["0", "1", "2", "7"]);
  const cases = labels
    .filter(() => !random.oneIn(4))
    .map((label, index, { length: count }) => {
      // Labels without an arm share that of the next.
      const body = index < count - 1 && random.oneIn(6) ? "" : `${arm(scope)};`;
      return `  case ${label}:\n    ${body}\n`;
    });
  const rest = random.oneIn(2) || cases.length === 0 ? `  default:\n    ${arm(scope)};\n` : "";
  return `switch (${discriminant} ${fieldName(scope)}) {\n${cases.join("")}${rest}}`;
}

function arm(scope: Scope): string {
  return scope.random.oneIn(3) ? "void" : declaration(scope, fieldName(scope));
}

function declaration(scope: Scope, declared: string): string {
  const { random } = scope;
  if (random.oneIn(6)) return `string ${declared}<${bound(scope)}>`;
  if (random.oneIn(6)) return `opaque ${declared}${random.oneIn(2) ? `<${bound(scope)}>` : `[${length(scope)}]`}`;
  const type = typeName(scope);
  switch (random.below(7)) {
    case 0:
      return `${type} ${declared}<${bound(scope)}>`;
    case 1:
      return `${type} ${declared}[${length(scope)}]`;
    case 2:
      return `${type} *${declared}`;
    default:
      return `${type} ${declared}`;
  }
}

const primitives: readonly string[] = [
  ...["int", "unsigned int", "unsigned", "hyper", "unsigned hyper", "bool", "float", "double", "quadruple", "short"],
  ...["unsigned short", "char", "unsigned char", "long", "unsigned long", "u_int", "u_long"],
];

function typeName(scope: Scope): string {
  const { random, types } = scope;
  if (types.length > 0 && random.oneIn(2)) return (random.oneIn(8) ? "::space::" : "") + random.pick(types);
  if (random.oneIn(12)) return `struct {\n${fields(scope, undefined)}    }`;
  if (random.oneIn(20)) return `union ${unionBody(scope)}`;
  return random.pick(primitives);
}

function program(scope: Scope): string {
  const { random } = scope;
  const shared = random.oneIn(8) ? "SHARED_VERS" : undefined;
  const versions = random.times(random.between(1, 2), (version) => {
    const procedures = random.times(random.between(1, 4), (number) => {
      const args = random.times(random.below(3), () => procedureType(scope)).join(", ");
      const result = random.oneIn(4) ? "void" : procedureType(scope);
      return `    ${result} ${name(scope)}(${args === "" ? "void" : args}) = ${number};\n`;
    });
    return `  version ${version === 0 && shared !== undefined ? shared : name(scope)} {\n${procedures.join("")}  } = ${version + 1};\n`;
  });
  return `program ${name(scope)} {\n${versions.join("")}} = ${0x20000000 + scope.count};`;
}

function procedureType({ random, types }: Scope): string {
  const flat = ["int", "bool", "string", "string<8>", "unsigned hyper", "double"];
  return random.pick(types.length > 0 && random.oneIn(2) ? types : flat);
}

function bound(scope: Scope): string {
  return scope.random.oneIn(3) ? "" : length(scope);
}

function length({ random, lengths }: Scope): string {
  return lengths.length > 0 && random.oneIn(2) ? random.pick(lengths) : String(random.between(1, 40));
}

function value({ random, constants, enums }: Scope): string {
  if (constants.length > 0 && random.oneIn(2)) return random.pick(constants);
  if (enums.length === 0) return "3";
  const { name, members } = random.pick(enums);
  return `${name}::${random.pick(members)}`;
}

function number(random: Random): string {
  const small = String(random.below(50));
  return random.pick([small, small, `0x${small}`, `-${small}`, "0xFFFFFFFF", "4294967296", "-9223372036854775808"]);
}

/** One that no other definition has, mostly. */
function name(scope: Scope): string {
  const { random } = scope;
  scope.count += 1;
  if (random.oneIn(3)) return `${random.pick(awkward)}${random.oneIn(4) ? "" : scope.count}`;
  if (random.oneIn(4)) return `${"long_name_".repeat(random.between(1, 6))}${scope.count}`;
  return `${random.pick(["t", "my_type", "NFS_PROG", "Thing", "READ3res"])}${scope.count}`;
}

function fieldName(scope: Scope): string {
  scope.count += 1;
  const { random } = scope;
  if (random.oneIn(6)) return `${"long_field_".repeat(random.between(1, 6))}${scope.count}`;
  return random.oneIn(3) ? random.pick(awkward) : `f${scope.count}`;
}

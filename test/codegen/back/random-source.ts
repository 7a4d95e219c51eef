/** Random `.x` files: each form that an emitter writes, with names of all lengths, so that lines end before, at and behind any column. */
import fc from "fast-check";

type Gen = fc.GeneratorValue;

const INTEGERS = ["int", "unsigned int", "hyper", "unsigned hyper", "short", "unsigned short", "char", "long"];
const PLAIN = [...INTEGERS, "bool", "float", "double"];

/** One `.x` file, as `random` wants it. */
export function randomSource(random: Gen): string {
  return new RandomSource(random).text();
}

class RandomSource {
  readonly #random: Gen;
  #count = 0;
  /** What a declaration may name. */
  readonly #types: string[] = [];
  readonly #enums: { readonly name: string; readonly members: readonly string[] }[] = [];

  constructor(random: Gen) {
    this.#random = random;
  }

  text(): string {
    const definitions = this.#times(1, 6, () => this.#definition());
    if (this.#below(3) === 0) definitions.push(this.#program());
    return definitions.join(this.#pick(["\n", "\n\n"]));
  }

  #below(limit: number): number {
    return this.#random(fc.integer, { min: 0, max: limit - 1 });
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #times<T>(min: number, max: number, make: (index: number) => T): T[] {
    return Array.from({ length: min + this.#below(max - min + 1) }, (_, index) => make(index));
  }

  /** Of one to about sixty letters, and of no one else. */
  #name(): string {
    const words = [
      "a",
      "of",
      "get",
      "xid",
      "node",
      "stat",
      "value",
      "length",
      "network",
      "snapshot",
      "migration_flags",
    ];
    const length = this.#pick([1, 1, 2, 2, 3, 5]);
    return `${this.#times(length, length, () => this.#pick(words)).join("_")}_${(this.#count++).toString(36)}`;
  }

  #comment(): string {
    const text = this.#pick([
      "",
      "",
      "",
      "/* short */\n",
      "/*\n * of two\n *   lines, `x` and <y>\n */\n",
      "// line\n",
    ]);
    return text;
  }

  #definition(): string {
    const make = this.#pick([
      () => this.#constant(),
      () => this.#enum(),
      () => this.#struct(),
      () => this.#struct(),
      () => this.#list(),
      () => this.#union(),
      () => this.#union(),
      () => this.#typedef(),
    ]);
    return `${this.#comment()}${make()}\n`;
  }

  #constant(): string {
    const value = this.#pick([
      "0",
      "17",
      "-4",
      "0x31237",
      "0XFF",
      "18446744073709551615",
      '"text"',
      '"it\'s"',
      '"a\\"b"',
    ]);
    return `const ${this.#name().toUpperCase()} = ${value};`;
  }

  #enum(): string {
    let value = this.#pick([-70, -1, 0, 0, 1]);
    const members = this.#times(1, this.#pick([2, 5, 20]), () => {
      value += this.#pick([1, 1, 1, 1, 2, 3]);
      return { name: this.#name().toUpperCase(), value, comment: this.#comment() };
    });
    const name = this.#name();
    this.#types.push(name);
    this.#enums.push({ name, members: members.map((member) => member.name) });
    return `enum ${name} {\n${members.map((it) => `${it.comment}${it.name} = ${it.value}`).join(",\n")}\n};`;
  }

  #struct(): string {
    const name = this.#name();
    // Most long runs of fixed size come from structs like this.
    const isFixed = this.#below(3) === 0;
    const fields = this.#times(0, this.#pick([2, 4, 12]), () =>
      isFixed ? `${this.#pick(PLAIN)} ${this.#name()}` : this.#declaration(this.#name()),
    );
    const self = this.#below(8) === 0 ? [`${name} ${this.#name()}<>`] : [];
    const body = [...fields, ...self].map((field) => `${this.#comment()}${field};\n`).join("");
    if (body === "") return `struct ${name} { int ${this.#name()}; };`;
    this.#types.push(name);
    return `struct ${name} {\n${body}};`;
  }

  /** One that ends in a pointer to itself. */
  #list(): string {
    const name = this.#name();
    const fields = this.#times(0, 4, () => `${this.#declaration(this.#name())};`);
    this.#types.push(name);
    return `struct ${name} {\n${fields.join("\n")}\n${name} *${this.#name()};\n};`;
  }

  #union(): string {
    const name = this.#name();
    const over = this.#enums.length > 0 && this.#below(2) === 0 ? this.#pick(this.#enums) : undefined;
    const base = over?.name ?? this.#pick(["int", "unsigned int", "bool", "int"]);
    const labels = over?.members ?? (base === "bool" ? ["TRUE", "FALSE"] : ["0", "1", "2", "5", "1000"]);
    const used = labels.slice(0, 1 + this.#below(labels.length));
    const arm = (): string => (this.#below(4) === 0 ? "void" : this.#declaration(this.#name(), name));
    const cases = used.map((label, index) => {
      const falls = index < used.length - 1 && this.#below(3) === 0;
      return falls ? `case ${label}:` : `case ${label}:\n  ${arm()};`;
    });
    const isOpen = used.length < labels.length || base !== "bool";
    const rest = isOpen && this.#below(2) === 0 ? `\ndefault:\n  ${arm()};` : "";
    this.#types.push(name);
    return `union ${name} switch (${base} ${this.#name()}) {\n${cases.join("\n")}${rest}\n};`;
  }

  #typedef(): string {
    const name = this.#name();
    const text = `typedef ${this.#declaration(name)};`;
    this.#types.push(name);
    return text;
  }

  /** `self` is a type that only an array or a pointer may name. */
  #declaration(name: string, self?: string): string {
    const size = this.#pick(["", "", "1", "20", "4294967295"]);
    const length = this.#pick(["1", "2", "3", "16", "1000"]);
    if (self !== undefined && this.#below(6) === 0) return this.#pick([`${self} *${name}`, `${self} ${name}<${size}>`]);
    const type = this.#type();
    switch (this.#below(9)) {
      case 0:
        return `string ${name}<${size}>`;
      case 1:
        return `opaque ${name}<${size}>`;
      case 2:
        return `opaque ${name}[${length}]`;
      case 3:
        return `${type} ${name}<${size}>`;
      case 4:
        return `${type} ${name}[${length}]`;
      case 5:
        return `${type} *${name}`;
      default:
        return `${type} ${name}`;
    }
  }

  #type(): string {
    return this.#types.length > 0 && this.#below(2) === 0 ? this.#pick(this.#types) : this.#pick(PLAIN);
  }

  #program(): string {
    const result = (): string => this.#pick(["void", this.#type(), this.#type(), "string"]);
    const argument = (): string => (this.#below(2) === 0 ? this.#type() : `${this.#type()} ${this.#name()}`);
    const procedures = this.#times(1, this.#pick([2, 8]), (index) => {
      const args = this.#below(3) === 0 ? "void" : this.#times(1, this.#pick([1, 2, 6]), argument).join(", ");
      return `${this.#comment()}${result()} ${this.#name()}(${args}) = ${index + 1};`;
    });
    return `program ${this.#name()} { version ${this.#name()} {\n${procedures.join("\n")}\n} = 1; } = 0x20000001;\n`;
  }
}

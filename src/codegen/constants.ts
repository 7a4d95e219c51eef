/** Values of constants and enumerators. A constant may name another one, also one that is defined later. */
import type * as ast from "./ast.ts";
import { bodiesOf } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";
import { labelPattern, samePattern } from "./integer-patterns.ts";
import { type Namesakes, reportAmbiguous } from "./namesakes.ts";
import { builtInConstants, type EnumeratorEntry, type NumberedNode, type Scope } from "./resolve.ts";
import type { DiscriminantBase } from "./union-cases.ts";
import { notReadHere } from "./unknown-name.ts";

type ConstantLike = ast.ConstantNode | ast.EnumeratorNode | NumberedNode;

/** A use of a name that several enums have. */
interface SharedUse {
  readonly name: ast.Name;
  readonly namesakes: Namesakes;
  /** That of the enum in which the use stands, behind it: no one means that where another enum has the name. */
  readonly except: EnumeratorEntry | undefined;
}

interface Place {
  readonly body: ast.EnumBody;
  readonly at: number;
}

interface MemberIndex {
  readonly byName: ReadonlyMap<string, ast.EnumeratorNode>;
  readonly byValue: ReadonlyMap<bigint, ast.EnumeratorNode>;
}

export class Constants {
  readonly #scope: Scope;
  readonly #report: Report;
  /** Undefined where a value could not be found; that has been reported, so its users say nothing. */
  readonly #values = new Map<ConstantLike, bigint | undefined>();
  /** The member before, in the same enum. */
  readonly #previous = new Map<ast.EnumeratorNode, ast.EnumeratorNode>();
  /** Where the enumerators stand that name another one. */
  readonly #places = new Map<ConstantLike, Place>();
  readonly #members = new Map<ast.EnumBody, MemberIndex>();
  /** Uses that have been reported: several checks may look at one. */
  readonly #blamed = new Set<ast.Name>();
  readonly #unknown = new Set<string>();
  /** Uses that were met before all values are known. */
  readonly #undecided: SharedUse[] = [];
  #allKnown = false;

  /** Finds all values, and reports names that nothing defines and constants that are defined by each other. */
  constructor(specification: ast.Specification, scope: Scope, report: Report) {
    this.#scope = scope;
    this.#report = report;
    const all: ConstantLike[] = [];
    for (const definition of specification.definitions) {
      if (definition.kind === "const") all.push(definition);
      for (const body of bodiesOf(definition)) {
        if (body.kind !== "enum") continue;
        for (const [at, member] of body.members.entries()) {
          const before = body.members[at - 1];
          if (before) this.#previous.set(member, before);
          if (member.value?.kind === "name") this.#places.set(member, { body, at });
          all.push(member);
        }
      }
    }
    for (const node of all) this.#evaluate(node);
    this.#decideAll();
  }

  /** The value of a constant or enumerator; undefined where it has none, which has been reported. */
  of(node: ConstantLike): bigint | undefined {
    const value = this.#values.get(node);
    // On the wire an enum is an int: C takes 0xffffffff for -1.
    return node.kind === "enumerator" && value !== undefined ? samePattern(value, "int32") : value;
  }

  /** The value as the file has it, of whatever size. */
  written(node: ConstantLike): bigint | undefined {
    return this.#values.get(node);
  }

  /** The value of a number or name where it is used; undefined where it has none, which has been reported. */
  use(value: ast.Value): bigint | undefined {
    if (value.kind === "number") return value.value;
    const target = this.#target(value);
    if (typeof target !== "object") return target;
    if (target.kind === "numbered") this.#evaluate(target);
    return this.#values.get(target);
  }

  /** The value of a union's label: a member of the discriminant's enum comes before all others of its name. */
  label(value: ast.Value, base: DiscriminantBase | undefined): bigint | undefined {
    if (typeof base === "object" && value.kind === "name") {
      const member = this.membersOf(base).byName.get(value.text);
      const named = value.qualifier === undefined ? undefined : this.#scope.namesakes(value.text)?.of(value.qualifier);
      if (member && (named?.node ?? member) === member) return this.of(member);
    }
    const written = this.use(value);
    return written === undefined || base === undefined ? written : labelPattern(written, base);
  }

  /** The members of an enum; the first of those that share a name or a value. */
  membersOf(body: ast.EnumBody): MemberIndex {
    const known = this.#members.get(body);
    if (known) return known;
    const byName = new Map<string, ast.EnumeratorNode>();
    const byValue = new Map<bigint, ast.EnumeratorNode>();
    for (const member of body.members) {
      const value = this.of(member);
      if (!byName.has(member.name.text)) byName.set(member.name.text, member);
      if (value !== undefined && !byValue.has(value)) byValue.set(value, member);
    }
    const index = { byName, byValue };
    this.#members.set(body, index);
    return index;
  }

  /** Follows the chain of names from `node` in a loop: a file may chain a hundred thousand constants. */
  #evaluate(start: ConstantLike): void {
    const chain: ConstantLike[] = [];
    const inChain = new Set<ConstantLike>();
    let known: bigint | undefined;
    for (let node = start; ;) {
      if (this.#values.has(node)) {
        known = this.#values.get(node);
        break;
      }
      if (inChain.has(node)) {
        this.#reportCycle(chain.slice(chain.indexOf(node)));
        break;
      }
      chain.push(node);
      inChain.add(node);
      const next: ConstantLike | bigint | undefined = this.#dependency(node);
      if (typeof next !== "object") {
        known = next;
        this.#values.set(node, next);
        chain.pop();
        break;
      }
      node = next;
    }
    for (const node of chain.reverse()) {
      if (known !== undefined && node.value === undefined) known += 1n;
      this.#values.set(node, known);
    }
  }

  /** What a constant's value is made from: another constant, or a value of its own. */
  #dependency(node: ConstantLike): ConstantLike | bigint | undefined {
    if (node.value?.kind === "number") return node.value.value;
    // A string has no value as a number; whoever uses it as one is told.
    if (node.value?.kind === "text") return undefined;
    if (node.value) return this.#target(node.value, node);
    return node.kind === "enumerator" ? (this.#previous.get(node) ?? 0n) : undefined;
  }

  /** What a name means, in the value of `user` if given. */
  #target(name: ast.Name, user?: ConstantLike): ConstantLike | bigint | undefined {
    const namesakes = this.#scope.namesakes(name.text);
    if (namesakes) return this.#namesake(name, namesakes, user && this.#places.get(user));
    const entry = this.#scope.find(name.text);
    const isText = entry?.kind === "constant" && entry.node.value?.kind === "text";
    if (entry?.kind === "constant" && !isText) return entry.node;
    if (entry?.kind === "broken") return undefined;
    const numbered = entry === undefined || entry.kind === "program" ? this.#scope.findNumbered(name.text) : undefined;
    if (numbered) return numbered;
    if (entry) {
      if (this.#blamed.has(name)) return undefined;
      this.#blamed.add(name);
      const kind = isText ? "string" : entry.kind;
      this.#report(
        "not-a-constant",
        name.span,
        `'${name.text}' is a ${kind}, not a ${isText ? "number" : "constant"}`,
        {
          notes: [{ message: "defined here", span: entry.name.span }],
        },
      );
      return undefined;
    }
    const outer = this.#scope.outerConstant(name.text);
    if (outer === undefined) this.#reportUnknown(name);
    return outer;
  }

  /** Of the enumerators of one name: that of the enum that is named, or that stands before it in its own enum; or any, where all have one value. */
  #namesake(name: ast.Name, namesakes: Namesakes, place: Place | undefined): ConstantLike | undefined {
    const named = name.qualifier === undefined ? undefined : namesakes.of(name.qualifier);
    if (named) return named.node;
    const own = place && namesakes.within(place.body);
    if (own && own.at < place.at) return own.node;
    const use = { name, namesakes, except: own };
    if (this.#allKnown) this.#decide(use);
    else this.#undecided.push(use);
    return namesakes.first(own)?.node;
  }

  #decideAll(): void {
    this.#allKnown = true;
    for (const use of this.#undecided) this.#decide(use);
  }

  #decide({ name, namesakes, except }: SharedUse): void {
    const valueOf = (node: ast.EnumeratorNode): bigint | undefined => this.#values.get(node);
    const candidates = namesakes.values(except, valueOf);
    if (candidates.length < 2 || this.#blamed.has(name)) return;
    this.#blamed.add(name);
    reportAmbiguous(this.#report, name, candidates, valueOf);
  }

  /** One message for each name, however often it is used. */
  #reportUnknown(name: ast.Name): void {
    if (this.#scope.incomplete || this.#unknown.has(name.text)) return;
    this.#unknown.add(name.text);
    const near = this.#scope.suggest(name.text, "constant", builtInConstants.keys());
    const here = notReadHere(
      this.#scope.headers,
      `-D${name.text}=VALUE, --externals FILE, or '%ts const ${name.text} = …;'`,
      this.#unknown.size === 1,
    );
    const hint = near ? [`did you mean '${near}'?`, here.hint].filter(Boolean).join(" Else: ") : here.hint;
    const more = { hint: hint ?? `define it: const ${name.text} = …; or by -D${name.text}=VALUE`, notes: here.notes };
    this.#report("unknown-constant", name.span, `nothing defines the constant '${name.text}'`, more);
  }

  #reportCycle(cycle: readonly ConstantLike[]): void {
    const [first, ...rest] = cycle;
    if (!first) return;
    const names = [...cycle, first].map((node) => `'${node.name.text}'`);
    const shown = names.length > 8 ? [...names.slice(0, 6), "…", ...names.slice(-1)] : names;
    this.#report("constant-cycle", first.name.span, `constants are defined by each other: ${shown.join(" → ")}`, {
      notes: rest.slice(0, 6).map((node) => ({ message: `'${node.name.text}' is defined here`, span: node.name.span })),
    });
  }
}

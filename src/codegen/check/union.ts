/** Unions. RFC 4506 sections 4.15 and 6.4 (5): the discriminant, and what its cases can be. */
import type * as ast from "../ast.ts";
import { underlying } from "../resolve.ts";
import { coversAll, discriminantBase, memberOf, type DiscriminantBase } from "../union-cases.ts";
import { MAX_INT32, MAX_UINT32, MIN_INT32, type CheckContext } from "./context.ts";

/** Arms may share a name: only one of them is there at a time. */
export function checkUnion(context: CheckContext, body: ast.UnionBody): void {
  const base = checkDiscriminant(context, body.discriminant);
  const first = new Map<bigint, ast.Value>();
  let isComplete = true;
  for (const label of body.cases.flatMap(({ labels }) => labels)) {
    const value = context.constants.label(label, base);
    if (value === undefined) {
      isComplete = false;
      continue;
    }
    const earlier = first.get(value);
    if (earlier) {
      const same =
        earlier.text === label.text
          ? ""
          : ` (${earlier.text === String(value) ? label.text : earlier.text} is ${value})`;
      context.report("duplicate-case", label.span, `the union has the case ${label.text} twice${same}`, {
        notes: [{ message: "first listed here", span: earlier.span }],
      });
      continue;
    }
    first.set(value, label);
    if (base !== undefined) checkLabel(context, base, label, value);
  }
  for (const { span } of body.surplusDefaults) {
    const notes = body.default ? [{ message: "the first one is here", span: defaultWord(body.default) }] : [];
    context.report("duplicate-default", span, "the union has two default arms", { notes });
  }
  if (!body.default || base === undefined || !isComplete) return;
  if (!coversAll(base, new Set(first.keys()), context.constants, context.openEnums)) return;
  context.report(
    "unreachable-default",
    defaultWord(body.default),
    "the cases cover every value, so the default is left out",
  );
}

function defaultWord({ span }: ast.DefaultNode): ast.Span {
  return { ...span, end: span.start + "default".length };
}

function checkDiscriminant(context: CheckContext, declaration: ast.DeclarationNode): DiscriminantBase | undefined {
  const { type, star, shape } = declaration;
  const isPlain = star === undefined && shape.kind === "plain";
  const base = discriminantBase(context.scope, type);
  if (isPlain && base !== undefined) return base;
  const behind = underlying(context.scope, type);
  // A name that nothing defines, or that goes in a circle, has been reported.
  if (isPlain && behind === undefined) return undefined;
  const isWord = type.kind === "string" || type.kind === "opaque";
  const title = isPlain || isWord ? titleOf(behind) : star ? "a pointer" : "an array";
  context.report("bad-discriminant", declaration.span, `a union cannot switch on ${title}`, {
    hint: "its discriminant is an integer, a bool or an enum (RFC 4506, section 4.15)",
  });
  return undefined;
}

function titleOf(type: ReturnType<typeof underlying>): string {
  if (type?.kind === "other") return type.title;
  if (type?.kind === "primitive") return type.name === "void" ? "void" : `a ${type.name}`;
  return type?.kind === "struct" || type?.kind === "union" ? `a ${type.kind}` : "this";
}

function checkLabel(
  { constants, report }: CheckContext,
  base: DiscriminantBase,
  label: ast.Value,
  value: bigint,
): void {
  const shown = label.kind === "name" && label.text !== String(value) ? `${label.text} (${value})` : label.text;
  if (typeof base === "object") {
    if (memberOf(base, label, value, constants)) return;
    // Where a member's value could not be found, the label may mean that one.
    if (base.members.some((member) => constants.of(member) === undefined)) return;
    report("case-not-in-enum", label.span, `${shown} is not a member of the discriminant's enum`, {
      notes: [{ message: "the enum is here", span: base.span }],
    });
    return;
  }
  const [least, most, title] = ranges[base];
  if (value < least || value > most) {
    report("case-range", label.span, `${shown} is not a value of ${title}: ${least} to ${most}`);
    return;
  }
  if (constants.use(label) !== value) report("wrapped-value", label.span, `${label.text} is ${value} as ${title}`);
}

const ranges: Readonly<Record<Exclude<DiscriminantBase, object>, readonly [bigint, bigint, string]>> = {
  int8: [-128n, 127n, "a char"],
  uint8: [0n, 255n, "an unsigned char"],
  int16: [-32768n, 32767n, "a short"],
  uint16: [0n, 65535n, "an unsigned short"],
  int32: [MIN_INT32, MAX_INT32, "an int"],
  uint32: [0n, MAX_UINT32, "an unsigned int"],
  int64: [-(2n ** 63n), 2n ** 63n - 1n, "a hyper"],
  uint64: [0n, 2n ** 64n - 1n, "an unsigned hyper"],
  bool: [0n, 1n, "a bool"],
};

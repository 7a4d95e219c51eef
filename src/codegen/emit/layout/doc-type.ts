/** The documents of types, as prettier makes them. */
import { type Doc, type Group, align, group, hardline, ifBreak, indent, join, lazy, line, softline } from "./doc.ts";
import type { ObjectType, Parameter, Type, TypeMember, UnionType } from "./nodes.ts";

/**
 * What stands around a type: a union breaks by it. `alone`: behind an assignment that breaks before it; `argument`: among
 * those of a generic type; `element`: of an array; `member`: of a tuple with several.
 */
export type TypePlace = "alone" | "argument" | "element" | "member" | "other";

export function typeDoc(type: Type, place: TypePlace = "other"): Doc {
  switch (type.kind) {
    case "word":
      return type.flat;
    case "reference":
      return type.args.length === 0 ? type.name : [type.name, argumentsDoc(type.args)];
    case "array": {
      const element = typeDoc(type.element, "element");
      return type.element.kind === "union" ? ["(", element, ")[]"] : [element, "[]"];
    }
    case "tuple": {
      if (type.elements.length === 0) return type.flat ?? "";
      const elements = type.elements.map((it) => group(typeDoc(it, type.elements.length > 1 ? "member" : "argument")));
      const list = listDoc("[", elements, ifBreak(","), "]");
      return type.isReadonly ? ["readonly ", list] : list;
    }
    case "union":
      return unionDoc(type, place);
    case "object":
      return objectTypeDoc(type);
  }
}

function listDoc(open: string, docs: readonly Doc[], end: Doc, close: string): Group {
  return group([open, indent([softline, ...join([",", line], docs)]), end, softline, close]);
}

function argumentsDoc(args: readonly Type[]): Doc {
  const [only] = args;
  if (only !== undefined && args.length === 1 && hugsBrackets(only)) return ["<", typeDoc(only, "argument"), ">"];
  return listDoc(
    "<",
    args.map((it) => typeDoc(it, "argument")),
    "",
    ">",
  );
}

function hugsBrackets(type: Type): boolean {
  if (type.kind === "word") return type.isKeyword;
  if (type.kind === "reference") return type.args.length === 0;
  return type.kind === "object" || (type.kind === "union" && isHugged(type));
}

/** One object or name, and else `null` and `void`: in one line with what is around it. */
export function isHugged({ types }: UnionType): boolean {
  const object = types.find((type) => type.kind === "object" || type.kind === "reference");
  if (object === undefined) return false;
  return types.every((type) => type === object || (type.kind === "word" && /^(null|void)$/.test(type.flat)));
}

function unionDoc(type: UnionType, place: TypePlace): Doc {
  if (isHugged(type)) {
    return join(
      " | ",
      type.types.map((it) => typeDoc(it)),
    );
  }
  const arms = group(type.types.map((it, index) => [index === 0 ? ifBreak("| ") : [line, "| "], align(typeDoc(it))]));
  switch (place) {
    case "element":
      return group([indent([softline, arms]), softline]);
    case "member":
      return group([indent([ifBreak(["(", softline]), arms]), softline, ifBreak(")")]);
    case "alone":
    case "argument":
      return arms;
    case "other":
      return group(indent([softline, arms]));
  }
}

function objectTypeDoc({ members, isBroken }: ObjectType): Doc {
  if (members.length === 0) return "{}";
  const parts = members.map((member, index) => {
    const isLast = index === members.length - 1;
    const gap = index === 0 ? "" : [line, member.blank ? hardline : ""];
    return [gap, memberDoc(member), isLast ? ifBreak(";") : ";"];
  });
  return group(["{", indent([line, ...parts]), line, "}"], isBroken);
}

/** A member of an object type or an interface, without what ends it. */
export function memberDoc(member: TypeMember): Doc {
  return lazy(member.flat, 1, () => brokenMember(member));
}

function brokenMember({ comments, head, parameters, type }: TypeMember): Doc {
  const before = comments.map((comment) => [commentDoc(comment), hardline]);
  if (parameters === undefined) return [...before, head, ": ", typeDoc(type)];
  return [...before, group([head, parametersDoc(parameters), group([": ", typeDoc(type)])])];
}

/** A comment as prettier indents it. */
export function commentDoc(comment: string): Doc {
  const lines = comment.split("\n");
  return join(
    hardline,
    lines.map((it, index) => {
      if (index === 0) return lines.length === 1 ? it : it.trimEnd();
      return ` ${index === lines.length - 1 ? it.trimStart() : it.trim()}`;
    }),
  );
}

/** Parameters, in a group of whoever calls it. */
export function parametersDoc(parameters: readonly Parameter[]): Doc {
  const [only] = parameters;
  if (only === undefined) return "()";
  const docs = parameters.map(parameterDoc);
  if (parameters.length === 1 && (only.isPattern || only.type?.kind === "object")) return ["(", ...docs, ")"];
  return ["(", indent([softline, ...join([",", line], docs)]), ifBreak(","), softline, ")"];
}

function parameterDoc({ name, isPattern, type }: Parameter): Doc {
  const left = isPattern ? patternDoc(name) : name;
  return type === undefined ? left : [left, ": ", typeDoc(type)];
}

/** `[a, b]` or `{ a, b }` */
export function patternDoc(pattern: string): Doc {
  const open = pattern.slice(0, 1);
  const edge = open === "{" ? line : softline;
  const names = pattern.match(/\w+/g) ?? [];
  return group([open, indent([edge, ...join([",", line], names)]), ifBreak(","), edge, pattern.slice(-1)]);
}

/**
 * Documents: text with the places where it may break into lines, as prettier's own printer takes them. A group is printed
 * in one line where it fits there, and otherwise breaks at each of its own lines.
 */

export type Doc = string | readonly Doc[] | Group | Indent | Line | IfBreak | IndentIfBreak | Lazy | BreakParent;

export interface Group {
  readonly type: "group";
  readonly contents: Doc;
  /** Breaks also where it would fit. */
  readonly broken: boolean;
  /** Instead of `contents` alone: from the one that breaks least to the one that breaks most. The first is `contents`. */
  readonly states: readonly Doc[] | undefined;
}

export interface Indent {
  readonly type: "indent";
  readonly contents: Doc;
  /** Spaces. */
  readonly by: number;
}

/** A space (`soft`: nothing) in a group that is in one line, a new line otherwise; a hard one always is a new line. */
export interface Line {
  readonly type: "line";
  readonly kind: "plain" | "soft" | "hard";
}

/** One text where the group around it is broken, another where it is not. */
export interface IfBreak {
  readonly type: "if-break";
  readonly broken: Doc;
  readonly flat: Doc;
}

/** Indented if that group is broken, which is printed before. */
export interface IndentIfBreak {
  readonly type: "indent-if-break";
  readonly contents: Doc;
  readonly group: Group;
}

/** What begins a line if what is around it is broken: mostly it fits there, and then it needs no document. */
export interface Lazy {
  readonly type: "lazy";
  readonly flat: string;
  /** Columns of the mark that follows it. */
  readonly tail: number;
  readonly doc: () => Doc;
}

/** Nothing, but the groups around it break. */
export interface BreakParent {
  readonly type: "break-parent";
}

export const INDENT_WIDTH = 2;

export const line: Line = { type: "line", kind: "plain" };
export const softline: Line = { type: "line", kind: "soft" };
export const hardline: Line = { type: "line", kind: "hard" };

export const breakParent: BreakParent = { type: "break-parent" };

/** A group; it is broken from the start where something in it must break. */
export function group(contents: Doc, broken = false): Group {
  return { type: "group", contents, broken: broken || willBreak(contents), states: undefined };
}

/** The first state that fits, or else the last. What must break in a state breaks no group around it. */
export function firstThatFits(states: readonly [Doc, ...Doc[]]): Group {
  return { type: "group", contents: states[0], broken: false, states };
}

export function indent(contents: Doc): Indent {
  return { type: "indent", contents, by: INDENT_WIDTH };
}

/** Further to the right by two columns, whatever the width of an indentation. */
export function align(contents: Doc): Indent {
  return { type: "indent", contents, by: 2 };
}

export function ifBreak(broken: Doc, flat: Doc = ""): IfBreak {
  return { type: "if-break", broken, flat };
}

export function indentIfBreak(contents: Doc, of: Group): IndentIfBreak {
  return { type: "indent-if-break", contents, group: of };
}

/** `flat` is undefined where the document always breaks. */
export function lazy(flat: string | undefined, tail: number, doc: () => Doc): Doc {
  return flat === undefined ? doc() : { type: "lazy", flat, tail, doc };
}

export function join(separator: Doc, docs: readonly Doc[]): Doc[] {
  return docs.flatMap((doc, index) => (index === 0 ? [doc] : [separator, doc]));
}

/** Whether the document holds a place that always is a new line. */
export function willBreak(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  if (isList(doc)) return doc.some(willBreak);
  switch (doc.type) {
    case "group":
      return doc.broken;
    case "indent":
    case "indent-if-break":
      return willBreak(doc.contents);
    case "line":
      return doc.kind === "hard";
    case "if-break":
      return willBreak(doc.broken) || willBreak(doc.flat);
    case "lazy":
      return false;
    case "break-parent":
      return true;
  }
}

/** Whether the document holds a place that can be a new line. */
export function canBreak(doc: Doc): boolean {
  if (typeof doc === "string") return false;
  if (isList(doc)) return doc.some(canBreak);
  switch (doc.type) {
    case "group":
    case "indent":
    case "indent-if-break":
      return canBreak(doc.contents);
    case "line":
      return true;
    case "if-break":
      return canBreak(doc.broken) || canBreak(doc.flat);
    case "lazy":
      return canBreak(doc.doc());
    case "break-parent":
      return false;
  }
}

export function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc);
}

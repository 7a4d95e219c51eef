/** Prints a document within a width, by the rules of prettier's printer: they decide which groups fit. */
import { type Doc, type Group, INDENT_WIDTH, isList } from "./doc.ts";

interface Command {
  readonly doc: Doc;
  /** Spaces. */
  readonly indent: number;
  /** Whether the lines of the group around it are new lines. */
  readonly broken: boolean;
}

/** The document's text. `width` is in columns; the text of a document is ASCII, of one column each. */
export function printDoc(doc: Doc, width: number): string {
  const printer = new DocPrinter(width);
  printer.print(doc);
  return printer.text;
}

class DocPrinter {
  readonly #lines: string[] = [];
  #line = "";
  readonly #width: number;
  readonly #brokenGroups = new Set<Group>();
  readonly #commands: Command[] = [];
  #column = 0;
  /** A hard line was printed within a group that is in one line: the next group is to be measured all the same. */
  #remeasure = false;

  constructor(width: number) {
    this.#width = width;
  }

  get text(): string {
    return [...this.#lines, this.#line].join("\n");
  }

  print(doc: Doc): void {
    this.#commands.push({ doc, indent: 0, broken: true });
    for (let command = this.#commands.pop(); command !== undefined; command = this.#commands.pop()) this.#step(command);
  }

  #step({ doc, indent, broken }: Command): void {
    if (typeof doc === "string") {
      this.#line += doc;
      this.#column += doc.length;
      return;
    }
    if (isList(doc)) {
      for (let index = doc.length - 1; index >= 0; index--) this.#push(doc[index] ?? "", indent, broken);
      return;
    }
    switch (doc.type) {
      case "indent":
        this.#push(doc.contents, indent + doc.by, broken);
        break;
      case "group":
        this.#group(doc, indent, broken);
        break;
      case "if-break":
        this.#push(broken ? doc.broken : doc.flat, indent, broken);
        break;
      case "indent-if-break": {
        const more = this.#brokenGroups.has(doc.group) ? INDENT_WIDTH : 0;
        this.#push(doc.contents, indent + more, broken);
        break;
      }
      case "lazy":
        if (this.#column + doc.flat.length + doc.tail <= this.#width) this.#push(doc.flat, indent, broken);
        else this.#push(doc.doc(), indent, broken);
        break;
      case "break-parent":
        break;
      case "line":
        if (!broken && doc.kind !== "hard") {
          if (doc.kind === "plain") this.#push(" ", indent, broken);
        } else {
          if (!broken) this.#remeasure = true;
          this.#lines.push(this.#line.trimEnd());
          this.#line = " ".repeat(indent);
          this.#column = indent;
        }
    }
  }

  #push(doc: Doc, indent: number, broken: boolean): void {
    this.#commands.push({ doc, indent, broken });
  }

  #group(doc: Group, indent: number, broken: boolean): void {
    if (!broken && !this.#remeasure) {
      this.#enter(doc, doc.contents, indent, doc.broken);
      return;
    }
    this.#remeasure = false;
    if (!doc.broken && this.#fits(doc.contents)) {
      this.#enter(doc, doc.contents, indent, false);
      return;
    }
    const { states } = doc;
    if (states === undefined) {
      this.#enter(doc, doc.contents, indent, true);
      return;
    }
    const between = doc.broken ? undefined : states.slice(1, -1).find((state) => this.#fits(state));
    if (between === undefined) this.#enter(doc, states.at(-1) ?? "", indent, true);
    else this.#enter(doc, between, indent, false);
  }

  #enter(group: Group, contents: Doc, indent: number, broken: boolean): void {
    if (broken) this.#brokenGroups.add(group);
    else this.#brokenGroups.delete(group);
    this.#push(contents, indent, broken);
  }

  /** Whether the document in one line, and what comes behind it up to the next new line, fits. */
  #fits(doc: Doc): boolean {
    let rest = this.#width - this.#column;
    let next = this.#commands.length;
    const pending: { doc: Doc; broken: boolean }[] = [{ doc, broken: false }];
    let space = false;
    while (rest >= 0) {
      const command = pending.pop() ?? this.#commands[--next];
      if (command === undefined) return true;
      const { doc: it, broken } = command;
      if (typeof it === "string") {
        if (it !== "") {
          rest -= it.length + (space ? 1 : 0);
          space = false;
        }
      } else if (isList(it)) {
        for (let index = it.length - 1; index >= 0; index--) pending.push({ doc: it[index] ?? "", broken });
      } else if (it.type === "line") {
        if (broken || it.kind === "hard") return true;
        if (it.kind === "plain") space = true;
      } else if (it.type === "group") {
        const breaks = it.broken || broken;
        pending.push({ doc: (breaks ? it.states?.at(-1) : undefined) ?? it.contents, broken: breaks });
      } else if (it.type === "if-break") {
        pending.push({ doc: broken ? it.broken : it.flat, broken });
      } else if (it.type === "lazy") {
        pending.push({ doc: it.flat, broken });
      } else if (it.type !== "break-parent") {
        pending.push({ doc: it.contents, broken });
      }
    }
    return false;
  }
}

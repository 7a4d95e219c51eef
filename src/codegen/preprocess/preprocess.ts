/**
 * The C preprocessor, as far as `.x` files need it: it replaces macros, leaves out what `#if` excludes, and reads in what
 * `#include` names. Comments and `%` lines pass. Every place in its output leads back to the file that it comes from.
 */
import type { Span } from "../ast.ts";
import type { Report } from "../diagnostics.ts";
import { MAX_INCLUDE_DEPTH, MAX_SOURCE_BYTES } from "../limits.ts";
import { nearest } from "../suggest.ts";
import { Conditionals } from "./conditionals.ts";
import { DIRECTIVES, type Directive, parseDirective } from "./directive.ts";
import { copyExpanded } from "./copy-expanded.ts";
import { type ExpansionError, Expander } from "./expand.ts";
import { type IncludeName, candidates, includeOperand, isHeader, parseIncludeName, twinCandidates } from "./include.ts";
import {
  type Macro,
  type Pass,
  MacroTable,
  missingMacro,
  PASSES,
  PREDEFINED,
  parseMacro,
  sameMacro,
} from "./macros.ts";
import { Output } from "./output.ts";
import { type Section, scanSections } from "./sections.ts";
import type { SourceText } from "./source.ts";
import { scanTokens, textOf } from "./tokens.ts";

/** A macro of the command line. */
export interface Define {
  readonly name: string;
  /** Default `1`, as C's `-D` has it. */
  readonly value?: string;
}

export interface PreprocessOptions {
  readonly defines: readonly Define[];
  /** Names that are no macros, whatever `defines` says. */
  readonly undefines: readonly string[];
  /** Folders for `#include`. */
  readonly includeDirs: readonly string[];
  readonly pass: Pass;
  /** Read the `.x` files, where there are any, from which included headers are generated. */
  readonly followHeaders: boolean;
  /** Definitions to begin with, which count as the file's own. Default: none. */
  readonly prelude?: string;
  /** The file at a path; undefined where there is none. */
  readonly read: (path: string, report: Report) => SourceText | undefined;
}

/** A header that is not read, or a file that a condition leaves out. */
export interface Header {
  readonly name: string;
  readonly span: Span;
  /** The macro without which the condition does not hold; undefined where none stands before it. */
  readonly missing?: string;
}

export interface Preprocessed {
  readonly output: Output;
  /** Empty where something was too much: then an error has been reported, and the rest would follow from that. */
  readonly text: string;
  /** Every file that was read, the main one first. */
  readonly files: ReadonlySet<SourceText>;
  /** By path of an included file: where it was included first. */
  readonly includedAt: ReadonlyMap<string, Span>;
  /** In the order of the source, those of `%#include` too. */
  readonly headers: readonly Header[];
  /** Some included header has a `.x` file of its name, which was not read. */
  readonly hasTwins: boolean;
  /** Macros that nothing defines, by which some lines were left out. */
  readonly undefinedConditions: ReadonlySet<string>;
  /** Another pass may give another text. */
  readonly dependsOnPass: boolean;
}

/** Preprocesses a file. What is wrong with it is reported; there is always an output. */
export function preprocess(source: SourceText, options: PreprocessOptions, report: Report): Preprocessed {
  return new Preprocessor(options, report).run(source);
}

class Preprocessor {
  readonly #options: PreprocessOptions;
  readonly #report: Report;
  readonly #macros = new MacroTable();
  readonly #expander = new Expander(this.#macros);
  readonly #output = new Output();
  readonly #files = new Set<SourceText>();
  readonly #includedAt = new Map<string, Span>();
  readonly #headers: Header[] = [];
  /** By condition that leaves something out: the macro without which it does not hold. */
  readonly #missing = new Map<Directive, string | undefined>();
  readonly #once = new Set<string>();
  readonly #undefinedConditions = new Set<string>();
  /** The files that include each other, the current one last. */
  readonly #stack: SourceText[] = [];
  #hasTwins = false;
  /** Something was too much: nothing more is read. */
  #isStopped = false;

  constructor(options: PreprocessOptions, report: Report) {
    this.#options = options;
    this.#report = report;
    for (const macro of PREDEFINED) this.#macros.define(macro);
    const passes = PASSES.filter((pass) => pass === options.pass).map((name): Define => ({ name }));
    for (const { name, value = "1" } of [...passes, ...options.defines]) {
      const macro = parseMacro(`${name} ${value}`, undefined);
      if (typeof macro !== "string") this.#macros.define(macro);
    }
    for (const name of options.undefines) this.#macros.undefine(name);
  }

  run(source: SourceText): Preprocessed {
    const { prelude = "" } = this.#options;
    if (prelude !== "") this.#output.replace(`${prelude}\n`, source, 0, 0);
    this.#file(source);
    return {
      output: this.#output,
      text: this.#isStopped ? "" : this.#output.text(),
      files: this.#files,
      includedAt: this.#includedAt,
      headers: this.#headers,
      hasTwins: this.#hasTwins,
      undefinedConditions: this.#undefinedConditions,
      dependsOnPass: this.#macros.passWasAsked,
    };
  }

  #file(source: SourceText): void {
    this.#files.add(source);
    this.#stack.push(source);
    const conditionals = new Conditionals();
    for (const section of scanSections(source.text)) {
      if (this.#isStopped) break;
      this.#section(source, section, conditionals);
    }
    const open = conditionals.open();
    if (open && !this.#isStopped) {
      this.#report("unbalanced-condition", open, "this condition has no '#endif'", { hint: "end it with '#endif'" });
    }
    this.#stack.pop();
  }

  #section(source: SourceText, section: Section, conditionals: Conditionals): void {
    const { start, end } = section;
    this.#expander.source = source;
    if (section.kind === "directive") {
      const isLive = conditionals.isLive;
      const directive = parseDirective(source, start, end);
      if (directive.kind === "condition") this.#condition(directive, conditionals);
      else if (isLive) this.#directive(source, directive);
      else this.#leftOut(source, start, end, conditionals);
      this.#blank(source, start, end);
    } else if (!conditionals.isLive) {
      if (section.kind === "passthrough") this.#leftOut(source, start, end, conditionals);
      this.#blank(source, start, end);
    } else if (section.kind === "passthrough") {
      this.#passthrough(source, start, end);
    } else {
      this.#code(source, start, end);
    }
  }

  /** Lines that are left out stay empty lines, so that comments keep their distance. */
  #blank(source: SourceText, start: number, end: number): void {
    const lines = source.text.slice(start, end).replace(/[^\n]+/g, "");
    this.#output.replace(lines, source, start, end);
  }

  #passthrough(source: SourceText, start: number, end: number): void {
    const text = source.text.slice(start, end);
    const first = text.indexOf("\n") < 0 ? end : start + text.indexOf("\n");
    const name = includeOperand(text);
    if (name) this.#header(source, name, { file: source.path, start, end: first }, false);
    if (first === end) {
      this.#output.copy(source, start, end);
      return;
    }
    // What goes on is one line to C.
    this.#output.replace(text.replace(/\\?\r?\n/g, " "), source, start, first);
    this.#blank(source, first, end);
  }

  #code(source: SourceText, start: number, end: number): void {
    if (this.#output.length + end - start > MAX_SOURCE_BYTES) {
      const message = `with what it includes, the file is longer than ${MAX_SOURCE_BYTES} characters`;
      this.#stop("file-too-large", { file: source.path, start, end: start }, message);
    } else if (!this.#macros.mayOccurIn(source.text, start, end)) {
      this.#output.copy(source, start, end);
    } else {
      this.#expand(source, start, end);
    }
  }

  #expand(source: SourceText, start: number, end: number): void {
    const problem = copyExpanded(source, start, end, this.#expander, this.#output);
    if (problem) this.#stop(problem.error.code, problem.span, problem.error.message, macroNote(problem.macro));
  }

  #condition(directive: Directive, conditionals: Conditionals): void {
    const problem = conditionals.take(directive, () => {
      const holds = this.#holds(directive, this.#expander, this.#report);
      if (!holds) this.#noteUndefined(directive.rest.text);
      return holds;
    });
    if (problem !== undefined) this.#report("unbalanced-condition", directive.span, problem);
  }

  #holds({ name, rest, span }: Directive, expander: Expander, report: Report): boolean {
    if (name === "ifdef" || name === "ifndef" || name === "elifdef" || name === "elifndef") {
      const [symbol] = scanTokens(rest.text);
      if (symbol?.kind !== "name") {
        report("malformed-directive", span, `'#${name}' needs the name of a macro`);
        return false;
      }
      return (this.#macros.find(symbol.text) !== undefined) !== name.endsWith("ndef");
    }
    return rest.evaluate(this.#macros, expander, report);
  }

  /** Remembers an `#include` that only waits for a macro: what nothing defines may come from there. */
  #leftOut(source: SourceText, start: number, end: number, conditionals: Conditionals): void {
    const condition = conditionals.blocking();
    const name = condition && includeOperand(source.text.slice(start, end));
    if (condition === undefined || name === undefined) return;
    if (!this.#missing.has(condition)) {
      // What is tried counts for nothing else.
      const expander = new Expander(this.#macros);
      const holds = (): boolean => this.#holds(condition, expander, () => undefined);
      this.#missing.set(condition, missingMacro(condition.rest.text, this.#macros, holds));
    }
    const missing = this.#missing.get(condition);
    const first = source.lines.end(source.lines.lineOf(start));
    const span = { file: source.path, start, end: Math.min(end, first) };
    if (missing !== undefined) this.#headers.push({ name: name.path, span, missing });
  }

  /** Of `#ifdef NAME other` the first name counts, as in C; of `#if A || defined(B)`, too. */
  #noteUndefined(condition: string): void {
    const name = [...scanTokens(condition)].find((token) => token.kind === "name" && token.text !== "defined")?.text;
    if (name === undefined || PASSES.some((pass) => pass === name)) return;
    if (this.#macros.find(name) === undefined) this.#undefinedConditions.add(name);
  }

  #directive(source: SourceText, { kind, name, rest, span }: Directive): void {
    switch (kind) {
      case "define":
        this.#define(rest.text, span);
        break;
      case "undef":
        this.#macros.undefine(rest.text.trim().split(/\W/)[0] ?? "");
        break;
      case "include":
        this.#include(source, rest.text, span);
        break;
      case "error":
      case "warning": {
        const text = rest.text.trim();
        this.#report(kind === "error" ? "error-directive" : "warning-directive", span, text === "" ? `#${name}` : text);
        break;
      }
      case "line":
        this.#line(source, rest.text, span);
        break;
      case "pragma":
        if (/^\s*once\b/.test(rest.text)) this.#once.add(source.path);
        break;
      case "ignored":
      case "condition":
        break;
      case "unknown": {
        const near = nearest(name, DIRECTIVES);
        const all = DIRECTIVES.map((it) => `#${it}`).join(" ");
        const hint = near === undefined ? `the preprocessor has ${all}` : `did you mean '#${near}'?`;
        this.#report("malformed-directive", span, `there is no directive '#${name}'`, { hint });
      }
    }
  }

  #define(text: string, span: Span): void {
    const macro = parseMacro(text, span);
    if (typeof macro === "string") {
      this.#report("malformed-directive", span, macro);
      return;
    }
    const before = this.#macros.find(macro.name);
    if (before && !sameMacro(before, macro)) {
      this.#report("macro-redefined", span, `the macro '${macro.name}' gets another meaning`, {
        ...macroNote(before),
        hint: `#undef ${macro.name} first, if that is meant`,
      });
    }
    this.#macros.define(macro);
  }

  #line(source: SourceText, text: string, span: Span): void {
    const [, number, , file] = /^\s*(\d{1,9})(\s+"((?:[^"\\]|\\.)*)")?/.exec(text) ?? [];
    if (number === undefined) this.#report("malformed-directive", span, "'#line' needs the number of a line");
    else source.mark(span.start, Number(number), file?.replace(/\\(.)/g, "$1"));
  }

  #include(source: SourceText, text: string, span: Span): void {
    const expanded = textOf(this.#expander.expandAll([...scanTokens(text)]));
    const name = parseIncludeName(text) ?? parseIncludeName(expanded);
    if (name === undefined) {
      this.#report("malformed-directive", span, `'#include' needs the name of a file: "types.x" or <types.x>`);
      return;
    }
    if (isHeader(name)) {
      this.#header(source, name, span, true);
      return;
    }
    for (const path of candidates(name, source.path, this.#options.includeDirs)) {
      const found = this.#options.read(path, this.#report);
      if (found === undefined) continue;
      this.#enter(found, span);
      return;
    }
    const message = `can't find the file '${name.path}'`;
    this.#report("include-not-found", span, message, { hint: "--include DIR names a folder to look in" });
  }

  /** @param isRead whether C's preprocessor would read it, as it does not for a `%` line */
  #header(source: SourceText, name: IncludeName, span: Span, isRead: boolean): void {
    if (isHeader(name)) {
      for (const path of twinCandidates(name, source.path, this.#options.includeDirs)) {
        const found = this.#options.read(path, () => undefined);
        if (found === undefined) continue;
        // The header that is made of this file itself is no place to look, but for who includes it for its macros.
        if (this.#files.has(found) && !(found === source && isRead)) return;
        if (found === source) break;
        this.#hasTwins = true;
        if (!this.#options.followHeaders) break;
        this.#enter(found, span);
        this.#output.replace("\n", source, span.start, span.start);
        return;
      }
    }
    this.#headers.push({ name: name.path, span });
  }

  #enter(found: SourceText, span: Span): void {
    if (this.#once.has(found.path)) return;
    if (this.#stack.length >= MAX_INCLUDE_DEPTH) {
      const paths = this.#stack.map((file) => file.path);
      const last = paths.lastIndexOf(found.path);
      const way = [...paths.slice(last), found.path];
      const shown = way.length > 8 ? [...way.slice(0, 6), "…", found.path] : way;
      const message =
        last >= 0
          ? `'${found.path}' includes itself: ${shown.join(" → ")}`
          : `files include each other more than ${MAX_INCLUDE_DEPTH} deep`;
      this.#stop("include-loop", span, message, { hint: "#ifndef NAME, #define NAME … #endif around a file's text" });
      return;
    }
    if (!this.#includedAt.has(found.path)) this.#includedAt.set(found.path, span);
    this.#file(found);
    if (!this.#output.endsLine) this.#output.replace("\n", found, found.text.length, found.text.length);
  }

  #stop(
    code: "file-too-large" | "include-loop" | ExpansionError["code"],
    span: Span,
    message: string,
    more?: Parameters<Report>[3],
  ): void {
    this.#report(code, span, message, more);
    this.#isStopped = true;
  }
}

function macroNote({ span, name }: Macro): { notes?: { message: string; span: Span }[] } {
  return span ? { notes: [{ message: `the macro '${name}' is defined here`, span }] } : {};
}

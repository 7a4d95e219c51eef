/** Programs, versions and procedures. RFC 5531 section 12.3. */
import type * as ast from "../ast.ts";
import { isVoid } from "../ast-walk.ts";
import { MAX_UINT32, type CheckContext } from "./context.ts";
import { checkSize, checkType } from "./declaration.ts";

interface Numbered {
  readonly name: ast.Name;
  readonly number: ast.Value;
}

export function checkProgram(context: CheckContext, program: ast.ProgramNode): void {
  checkNumber(context, program.number, "program");
  if (program.versions.length === 0) {
    const message = `program '${program.name.text}' has no version`;
    context.report("empty-program", program.name.span, message, { hint: "version NAME { … } = 1;" });
  }
  checkUnique(context, program.versions, "duplicate-version", "versions", `program '${program.name.text}'`);
  for (const version of program.versions) checkVersion(context, version);
}

/** A program's number may stand in several definitions, as in C, each with versions of its own. */
export function checkProgramNumbers(context: CheckContext): void {
  const { constants, report } = context;
  const known = new Map<string, ast.ProgramNode>();
  for (const program of context.specification.definitions.filter((definition) => definition.kind === "program")) {
    const number = constants.use(program.number);
    if (number === undefined) continue;
    const keys = program.versions.map((version) => `${number}:${constants.use(version.number) ?? version.name.text}`);
    const first = keys.map((key) => known.get(key)).find((it) => it !== undefined);
    for (const key of keys) known.set(key, known.get(key) ?? program);
    if (first === undefined || first === program) continue;
    const message = `the file has two programs with the number ${program.number.text} and the same version`;
    const notes = [{ message: `'${first.name.text}' has it here`, span: first.number.span }];
    report("duplicate-program", program.number.span, message, { notes });
  }
}

function checkVersion(context: CheckContext, version: ast.VersionNode): void {
  checkNumber(context, version.number, "version");
  if (version.procedures.length === 0) {
    const message = `version '${version.name.text}' has no procedure`;
    context.report("empty-version", version.name.span, message, { hint: "void NULLPROC(void) = 0;" });
  }
  checkUnique(context, version.procedures, "duplicate-procedure", "procedures", `version '${version.name.text}'`);
  for (const procedure of version.procedures) {
    checkNumber(context, procedure.number, "procedure");
    checkProcedureType(context, procedure.result, "result");
    if (procedure.result.star) {
      const hint = "typedef type *pointer; then use the name";
      const message = "a pointer needs a typedef to be a result";
      context.report("misplaced-pointer", procedure.result.span, message, { hint });
    }
    for (const arg of procedure.args) {
      if (isVoid(arg.type) && procedure.args.length > 1) {
        const hint = "a procedure without arguments takes 'void' alone";
        context.report("misplaced-void", arg.span, "void stands among other arguments", { hint });
      }
      checkProcedureType(context, arg, "argument");
    }
    checkArgumentNames(context, procedure);
  }
}

type DuplicateCode = "duplicate-version" | "duplicate-procedure";

function checkUnique(
  context: CheckContext,
  items: readonly Numbered[],
  code: DuplicateCode,
  plural: string,
  place: string,
): void {
  const names = new Map<string, ast.Name>();
  const renamed = items.filter(({ name }) => {
    const first = names.get(name.text);
    if (!first) {
      names.set(name.text, name);
      return true;
    }
    const notes = [{ message: "first defined here", span: first.span }];
    context.report(code, name.span, `${place} has two ${plural} called '${name.text}'`, { notes });
    return false;
  });
  checkUniqueNumbers(context, renamed, code, plural, place);
}

function checkUniqueNumbers(
  context: CheckContext,
  items: readonly Numbered[],
  code: DuplicateCode,
  plural: string,
  place: string,
): void {
  const numbers = new Map<bigint, Numbered>();
  for (const item of items) {
    const number = context.constants.use(item.number);
    if (number === undefined) continue;
    const first = numbers.get(number);
    if (first) {
      const message = `${place} has two ${plural} with the number ${item.number.text}`;
      const notes = [{ message: `'${first.name.text}' has it here`, span: first.number.span }];
      context.report(code, item.number.span, message, { notes });
    } else {
      numbers.set(number, item);
    }
  }
}

function checkNumber({ constants, report }: CheckContext, value: ast.Value, what: string): void {
  const number = constants.use(value);
  if (number === undefined || (number >= 0n && number <= MAX_UINT32)) return;
  report("number-range", value.span, `${value.text} is not a ${what} number: those are from 0 to ${MAX_UINT32}`);
}

/** An argument or a result: a type by name, or a string with its bound or without; a pointer to a type by name. */
function checkProcedureType(context: CheckContext, node: ast.ProcedureType, place: "argument" | "result"): void {
  const { type, star, shape, span } = node;
  if (type.kind === "opaque") {
    const hint = "typedef opaque name<>; then use the name";
    context.report("misplaced-opaque", span, `opaque data needs a typedef to be an ${place}`.replace("an r", "a r"), {
      hint,
    });
  } else if (shape.kind !== "plain" && type.kind !== "string") {
    const hint = "give the array a typedef, and use its name";
    context.report("misplaced-array", span, `an array needs a typedef to be an ${place}`.replace("an r", "a r"), {
      hint,
    });
  } else if (star && place === "argument" && (type.kind === "string" || isVoid(type))) {
    const message = type.kind === "string" ? "a string is no pointer" : "there is no pointer to void";
    context.report("misplaced-pointer", span, message, {
      hint: `write '${type.kind === "string" ? "string" : "void"}' alone`,
    });
  }
  checkSize(context, shape);
  checkType(context, type);
}

function checkArgumentNames(context: CheckContext, procedure: ast.ProcedureNode): void {
  const names = new Map<string, ast.Name>();
  for (const { name } of procedure.args) {
    const first = name && names.get(name.text);
    if (name && first) {
      const notes = [{ message: "first named here", span: first.span }];
      const message = `procedure '${procedure.name.text}' has two arguments called '${name.text}'`;
      context.report("duplicate-field", name.span, message, { notes });
    } else if (name) {
      names.set(name.text, name);
    }
  }
}

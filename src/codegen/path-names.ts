/** Names for nested types that have none: the names on the way to them, joined by `_` (`rpc_msg_body`). */
import type * as ast from "./ast.ts";
import { declarationsOf, isBody } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";
import type { Scope } from "./resolve.ts";

/** A nested type with the name that it got. */
export interface NamedBody {
  readonly name: string;
  readonly body: ast.Body;
  readonly span: ast.Span;
  readonly doc: string | undefined;
  readonly source: string;
}

export class PathNames {
  readonly #scope: Scope;
  readonly #report: Report;
  readonly #given = new Set<string>();

  constructor(scope: Scope, report: Report) {
    this.#scope = scope;
    this.#report = report;
  }

  /** The nested types of a definition, each before the one that holds it. */
  *within(definition: ast.DefinitionNode): Generator<NamedBody> {
    switch (definition.kind) {
      case "type":
        yield* this.#inside(definition.body, definition.name.text);
        return;
      case "typedef": {
        const { declaration, name } = definition;
        const path = namesItsBody(definition) ? name.text : `${name.text}_element`;
        if (namesItsBody(definition) && isBody(declaration.type)) yield* this.#inside(declaration.type, path);
        else yield* this.#from(declaration.type, path, declaration);
        return;
      }
      case "program":
        for (const procedure of definition.versions.flatMap(({ procedures }) => procedures)) {
          const path = procedure.name.text;
          yield* this.#from(procedure.result.type, `${path}_result`, procedure);
          for (const [at, arg] of procedure.args.entries())
            yield* this.#from(arg.type, `${path}_arg${at + 1}`, procedure);
        }
        return;
      case "const":
      case "broken":
    }
  }

  *#inside(body: ast.Body, path: string): Generator<NamedBody> {
    for (const declaration of declarationsOf(body)) {
      yield* this.#from(declaration.type, `${path}_${declaration.name?.text ?? ""}`, declaration);
    }
  }

  *#from(type: ast.TypeSpecifier, path: string, holder: { span: ast.Span; source: string }): Generator<NamedBody> {
    if (!isBody(type)) return;
    yield* this.#inside(type, path);
    yield { name: this.#free(path, type.span), body: type, span: holder.span, doc: undefined, source: holder.source };
  }

  /** `path`, or with the first number from 2 on that makes it free. */
  #free(path: string, span: ast.Span): string {
    let name = path;
    // A module's names are those of its own file, whatever file includes it.
    const isTaken = (it: string): boolean =>
      this.#scope.find(it)?.name.span.file === span.file || this.#given.has(`${span.file}:${it}`);
    for (let number = 2; isTaken(name); number += 1) name = `${path}_${number}`;
    this.#given.add(`${span.file}:${name}`);
    if (name !== path) {
      const taken = this.#scope.find(path)?.name.span;
      this.#report("path-name-taken", span, `the type nested here is called '${name}', since '${path}' is taken`, {
        hint: "give it a definition and a name of its own",
        ...(taken && { notes: [{ message: `'${path}' is defined here`, span: taken }] }),
      });
    }
    return name;
  }
}

/** `typedef struct {…} foo;`: the struct itself is called foo. */
export function namesItsBody(node: ast.TypedefNode): boolean {
  const { type, star, shape } = node.declaration;
  return isBody(type) && star === undefined && shape.kind === "plain";
}

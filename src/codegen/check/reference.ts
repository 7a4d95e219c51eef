/** Names of types where they are used. */
import type * as ast from "../ast.ts";
import { notReadHere } from "../unknown-name.ts";
import type { CheckContext } from "./context.ts";

const KEYWORD_TYPES =
  "bool char double enum float hyper int long opaque quadruple short string struct union unsigned void";

/** Said once. */
const WAYS = "define it, #include the .x file that does, or name its module by --externals FILE";

/** What people write for types that the RPC language spells otherwise. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["boolean", "bool"],
  ["byte", "opaque"],
  ["long_long", "hyper"],
  ["quad", "quad_t"],
  ["signed", "int"],
]);

/** Types that C's headers declare, and no codec of libtirpc: with what their peers most often write in their place. */
const headerTypes: ReadonlyMap<string, string> = new Map([
  ["BYTE", "unsigned char"],
  ["DWORD", "unsigned int"],
  ["WORD", "unsigned short"],
  ["gid_t", "unsigned int"],
  ["mode_t", "unsigned int"],
  ["off_t", "hyper"],
  ["pid_t", "int"],
  ["size_t", "unsigned int"],
  ["ssize_t", "int"],
  ["time_t", "int"],
  ["uchar", "unsigned char"],
  ["uchar_t", "unsigned char"],
  ["uid_t", "unsigned int"],
  ["uint", "unsigned int"],
  ["uint_t", "unsigned int"],
  ["ulong", "unsigned long"],
  ["ulong_t", "unsigned long"],
  ["ushort", "unsigned short"],
  ["ushort_t", "unsigned short"],
]);

/** Both ways to say what it is; its bytes are what the peer's routine writes, `xdr_time_t` say. */
function headerHint(name: string): string | undefined {
  const type = headerTypes.get(name);
  if (type === undefined) return undefined;
  const value = type.includes(" ") ? `'${type}'` : type;
  return `C's headers declare it; say what the peer's xdr_${name} sends: -D${name}=${value}, or 'typedef ${type} ${name};' in the .x`;
}

/** `foo` must be a type, and with `struct`, `enum` or `union` before it one of that kind. */
export function checkReference(context: CheckContext, { keyword, name, span }: ast.ReferenceSpecifier): void {
  const { scope, report } = context;
  const entry = scope.find(name.text);
  if (!entry) {
    const outer = scope.findOuter(name.text);
    // What an external type is, only its module knows.
    if (outer?.kind === "external-type" || (outer && keyword === undefined)) return;
    if (outer) report("wrong-keyword", span, `'${name.text}' is no ${keyword}`, { hint: `write '${name.text}' alone` });
    else reportUnknown(context, name);
    return;
  }
  if (entry.kind === "broken") return;
  const notes = [{ message: "defined here", span: entry.name.span }];
  if (entry.kind !== "type") {
    report("not-a-type", name.span, `'${name.text}' is a ${entry.kind}, not a type`, { notes });
    return;
  }
  if (keyword === undefined) return;
  const body = entry.node.kind === "type" ? entry.node.body : entry.node.declaration.type;
  // In C a union is a struct, and `struct name *` is the only way to point to one that is defined later.
  if (body.kind === keyword || (keyword === "struct" && body.kind === "union")) return;
  const title = entry.node.kind === "type" ? entry.node.body.kind : "typedef";
  const message = `'${name.text}' is ${title === "enum" ? "an enum" : `a ${title}`}, not ${keyword === "enum" ? "an enum" : `a ${keyword}`}`;
  report("wrong-keyword", span, message, { notes, hint: `write '${name.text}' alone` });
}

function reportUnknown({ scope, report, unknownTypes }: CheckContext, name: ast.Name): void {
  if (scope.incomplete || unknownTypes.has(name.text)) return;
  unknownTypes.add(name.text);
  const spelling = spellings.get(name.text);
  const declared = headerHint(name.text);
  const near =
    spelling === undefined && declared === undefined
      ? scope.suggest(name.text, "type", KEYWORD_TYPES.split(" "))
      : undefined;
  const here = notReadHere(
    scope.headers,
    "--externals FILE, or '%ts import …' of the type and its codec",
    unknownTypes.size === 1,
  );
  const meant =
    declared ??
    (spelling !== undefined ? `write '${spelling}'` : near !== undefined ? `did you mean '${near}'?` : undefined);
  const known = [meant, here.hint].filter((it) => it !== undefined).join(" Else: ");
  const hint = known !== "" ? known : unknownTypes.size > 1 ? undefined : WAYS;
  const line = scope.declaredForC(name.text);
  const forC = line ? [{ message: "it is declared here for C, which is left out", span: line.span }] : [];
  report("unknown-type", name.span, `nothing defines the type '${name.text}'`, {
    hint,
    notes: [...forC, ...here.notes],
  });
}

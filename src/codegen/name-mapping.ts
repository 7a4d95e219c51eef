/** The rules by which a name of the `.x` becomes one in TypeScript's manner. They never change: users' code has the names. */

/** The name of a type: `DATE_PROG` is `DateProg`, `READ3res` is `READ3res`. */
export function typeName(name: string): string {
  return join(name, segments(name).map(capitalise));
}

/** The name of a field or procedure: `obj_attributes` is `objAttributes`, `READ3res` is `read3res`. */
export function memberName(name: string): string {
  const [first = "", ...rest] = segments(name);
  return join(name, [first.replace(/^[A-Z]+/, (run) => run.toLowerCase()), ...rest.map(capitalise)]);
}

function segments(name: string): string[] {
  return name
    .split("_")
    .filter((segment) => segment !== "")
    .map((segment) => (/[a-z]/.test(segment) ? segment : segment.toLowerCase()));
}

function capitalise(segment: string): string {
  return segment.charAt(0).toUpperCase() + segment.slice(1);
}

/** `_` and `_3com` have nothing, or a digit, behind the underscores: they keep one. */
function join(name: string, parts: readonly string[]): string {
  const joined = parts.join("");
  if (joined === "") return name;
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

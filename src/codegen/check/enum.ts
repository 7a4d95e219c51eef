/** Enums. RFC 4506 section 4.3: values are signed integers of 32 bits. */
import type * as ast from "../ast.ts";
import { MAX_INT32, MIN_INT32, type CheckContext } from "./context.ts";

export function checkEnum({ constants, report }: CheckContext, body: ast.EnumBody): void {
  let previousFits = true;
  for (const member of body.members) {
    const value = constants.of(member);
    const fits = value === undefined || (value >= MIN_INT32 && value <= MAX_INT32);
    // A member that counts on from one that does not fit is no mistake of its own.
    if (!fits && (previousFits || member.value)) {
      const message = `'${member.name.text}' is ${value}, which does not fit in 32 bits`;
      report("enum-range", (member.value ?? member.name).span, message);
    }
    previousFits = fits;
    const written = constants.written(member);
    if (!fits || written === value) continue;
    const message = `'${member.name.text}' is ${written}: as a signed 32-bit integer, which an enum is, that is ${value}`;
    report("wrapped-value", (member.value ?? member.name).span, message);
  }
}

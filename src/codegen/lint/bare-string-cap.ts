import { declarations, isWrapString } from "./declarations.ts";
import type { Rule } from "./context.ts";

/** libtirpc's RPC_MAXDATASIZE. */
const CAP_BYTES = 9000;

/** libtirpc's xdr_wrapstring fails beyond its cap, both ways. */
export const bareStringCap: Rule = ({ model }, report) => {
  for (const declared of declarations(model)) {
    const { type, what, span } = declared;
    if (type.kind !== "string" || !isWrapString(declared) || (type.max ?? Infinity) <= CAP_BYTES) continue;
    const message = `${what} is a bare string, of which C peers take ${CAP_BYTES} bytes at most`;
    report(span, message, { hint: "they take more with a typedef: typedef string name<>;" });
  }
};

import { voidCodec } from "../../../xdr/index.ts";
import type { RpcProcedure } from "../../../runtime/index.ts";

/** Procedure 0, which every program has. */
export function nullProcedure(program: number, version: number): RpcProcedure<void, void> {
  return {
    program,
    version,
    programName: String(program),
    number: 0,
    name: "NULL",
    args: voidCodec,
    result: voidCodec,
  };
}

import type { RpcConnection } from "../../../src/runtime/index.ts";
import { BLOB, ECHO, RUN } from "../support.ts";

const AT_ONCE = 8;
const BLOB_BYTES = 30_000;

/** Calls of all kinds until the first of each worker fails: resolves with what they failed with. */
export async function callOn(connection: RpcConnection): Promise<unknown[]> {
  const blob = new Uint8Array(BLOB_BYTES);
  const worker = async (i: number): Promise<unknown> => {
    try {
      for (let n = i; ; n++) {
        if (n % 4 === 0) await connection.call(BLOB, blob);
        else if (n % 4 === 1) await connection.call(RUN, n);
        else if (n % 4 === 2) await connection.send(ECHO, n);
        else await connection.call(ECHO, n);
      }
    } catch (error) {
      return error;
    }
  };
  return Promise.all(Array.from({ length: AT_ONCE }, (_, i) => worker(i)));
}

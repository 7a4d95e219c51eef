import assert from "node:assert/strict";
import { type Netid, RpcAddress } from "../../src/runtime/address.ts";
import type { ClientStream } from "../../src/runtime/client-stream.ts";
import type { DuplicateCache, NewRequest } from "../../src/runtime/duplicate-cache.ts";
import type { CacheableCall } from "../../src/runtime/request-key.ts";

/** What a test says of a request; the rest is the same for all. */
export interface Parts {
  xid?: number;
  program?: number;
  version?: number;
  procedure?: number;
  transport?: Exclude<Netid, "local">;
  host?: string;
  port?: number;
  args?: Uint8Array;
  flavor?: number;
  credential?: Uint8Array;
  /** Default: none, as over datagrams. */
  stream?: ClientStream;
}

export function begin(cache: DuplicateCache, parts: Parts = {}): ReturnType<DuplicateCache["begin"]> {
  const { xid = 1, program = 2, version = 3, procedure = 4, transport = "udp", host = "10.0.0.1", port = 700 } = parts;
  const { args = bytes(8), flavor = 1, credential = bytes(20) } = parts;
  const call: CacheableCall = {
    xid,
    program,
    version,
    procedure,
    transport,
    peer: RpcAddress.inet(transport, host, port),
    stream: parts.stream,
  };
  return cache.begin(call, args, { flavor, body: credential });
}

export function fresh(cache: DuplicateCache, parts: Parts = {}): NewRequest {
  const begun = begin(cache, parts);
  assert.ok(begun.kind === "new", begun.kind);
  return begun;
}

/** What a request's duplicate is answered with. */
export function replayed(cache: DuplicateCache, parts: Parts = {}): Uint8Array | undefined {
  const begun = begin(cache, parts);
  assert.ok(begun.kind === "done", begun.kind);
  return begun.reply;
}

export function bytes(length: number, fill = 7): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

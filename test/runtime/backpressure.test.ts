import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type RpcProcedure, RpcServer, connect, method, rpcService } from "../../src/runtime/index.ts";
import { type XdrCodec, XdrWriter } from "../../src/xdr/index.ts";

const CALLS = 500;
const BYTES = 100_000;

const blob: XdrCodec<Uint8Array> = {
  encode: (w, value) => {
    w.opaque(value, "blob");
  },
  decode: (r) => r.opaque("blob"),
};
const echo: RpcProcedure<Uint8Array, Uint8Array> = {
  program: 0x2000_0001,
  programName: "ECHO_PROG",
  version: 1,
  number: 1,
  name: "ECHO",
  args: blob,
  result: blob,
};

/** A call of ECHO as a record of one fragment. */
function callRecord(bytes: number): Buffer {
  const w = new XdrWriter();
  for (const word of [1, 0, 2, echo.program, echo.version, echo.number, 0, 0, 0, 0]) w.uint32(word);
  w.opaque(new Uint8Array(bytes));
  const record = Buffer.alloc(4 + w.length);
  record.writeUInt32BE(0x8000_0000 + w.length);
  record.set(w.bytes(), 4);
  return record;
}

describe("runtime: a client that does not read its replies", () => {
  it("is read no further until it does, and then gets every reply", async () => {
    let served = 0;
    const server = new RpcServer();
    server.add(
      rpcService("ECHO_PROG", echo.program, echo.version, [
        method(
          echo,
          (args: Uint8Array) => {
            served++;
            return args;
          },
          (handler, args) => handler(args),
        ),
      ]),
    );
    const [bound] = await server.listen({ host: "127.0.0.1", udp: false, local: false, portmap: "off" });
    assert(bound !== undefined);
    const lazy = connectSocket(bound.port, "127.0.0.1");
    await once(lazy, "connect");
    lazy.pause();
    const record = callRecord(BYTES);
    for (let i = 0; i < CALLS; i++) lazy.write(record);

    await using other = await connect({ program: echo.program, version: 1 }, { port: bound.port });
    // Until nothing is served but this client's own calls: the lazy one's must come to an end by themselves.
    for (let before = -1; before !== served;) {
      before = served;
      for (let i = 0; i < 50; i++) await other.call(echo, new Uint8Array(4));
      before += 50;
    }
    const unread = lazy.writableLength;
    assert(unread > (CALLS * record.length) / 2, `the server has read all but ${unread} bytes`);

    let replied = 0;
    const whole = CALLS * (4 + 24 + 4 + BYTES);
    lazy.on("data", (piece) => (replied += piece.length)).resume();
    while (replied < whole) await once(lazy, "data");
    assert.equal(replied, whole);
    lazy.destroy();
    await server.close();
  });
});

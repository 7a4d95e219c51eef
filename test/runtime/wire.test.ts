import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import {
  type AuthStatName,
  NO_REPLY,
  type Rejection,
  RpcAddress,
  authSys,
  connect,
  formatUaddr,
  parseUaddr,
} from "../../src/runtime/index.ts";
import { AuthStat } from "../../src/runtime/gen/rpc_msg.ts";
import {
  ECHO,
  NOTHING,
  PROGRAM,
  RawPeer,
  SERVICE,
  VERSION,
  call,
  hexWords,
  serve,
  testService,
  words,
} from "./support.ts";

describe("runtime: the bytes of a call (RFC 5531 section 9)", () => {
  /** What a client sends for one call, without the xid. */
  async function sent(make: (to: { host: string; port: number }) => Promise<unknown>): Promise<string> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const called = make({ host: "127.0.0.1", port });
    const [socket] = (await once(server, "connection")) as [Parameters<typeof RawPeer.over>[0]];
    const peer = RawPeer.over(socket);
    const message = await peer.receive();
    peer.send(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 7)]));
    await called;
    socket.destroy();
    server.close();
    return hexWords(message.subarray(4));
  }

  it("with AUTH_NONE", async () => {
    const bytes = await sent(async (to) => {
      await using connection = await connect(SERVICE, to);
      assert.equal(await connection.call(ECHO, -2), 7);
    });
    assert.equal(
      bytes,
      "00000000 00000002 20000042 00000003 00000001" + // CALL, RPC version 2, program, version, procedure
        " 00000000 00000000 00000000 00000000 fffffffe", // credential, verifier, the argument
    );
  });

  it("with AUTH_SYS; more than 16 groups are clipped", async () => {
    const gids = Array.from({ length: 20 }, (_, i) => i);
    const auth = authSys({ machinename: "host", uid: 1000, gid: 100, gids });
    const bytes = await sent(async (to) => {
      await using connection = await connect(SERVICE, { ...to, auth });
      await connection.call(ECHO, 1);
    });
    const groups = gids.slice(0, 16).map((gid) => gid.toString(16).padStart(8, "0"));
    assert.match(
      bytes,
      new RegExp(
        `^00000000 00000002 20000042 00000003 00000001 00000001 00000058 [0-9a-f]{8} 00000004 686f7374 ` +
          `000003e8 00000064 00000010 ${groups.join(" ")} 00000000 00000000 00000001$`,
      ),
    );
  });
});

describe("runtime: the bytes of each reply (RFC 5531 section 9)", () => {
  const accepted = "00000001 00000000 00000000 00000000"; // REPLY, MSG_ACCEPTED, verifier
  const X = 0x1234;
  const rows: readonly (readonly [string, Buffer, string])[] = [
    ["SUCCESS", call(X, 1, 5), `${accepted} 00000000 00000005`],
    ["SUCCESS of a void", call(X, 5), `${accepted} 00000000`],
    ["NULLPROC, which nobody declared", call(X, 0), `${accepted} 00000000`],
    ["PROG_UNAVAIL", words(X, 0, 2, 7, 1, 1, 0, 0, 0, 0), `${accepted} 00000001`],
    ["PROG_MISMATCH", words(X, 0, 2, PROGRAM, 9, 1, 0, 0, 0, 0), `${accepted} 00000002 00000003 00000003`],
    ["PROC_UNAVAIL", call(X, 77), `${accepted} 00000003`],
    ["PROC_UNAVAIL where the service lacks the handler", call(X, 99), `${accepted} 00000003`],
    ["GARBAGE_ARGS", call(X, 1), `${accepted} 00000004`],
    ["SYSTEM_ERR", call(X, 4, 1), `${accepted} 00000005`],
    ["RPC_MISMATCH", words(X, 0, 3, PROGRAM, VERSION, 1), "00000001 00000001 00000000 00000002 00000002"],
    ["AUTH_REJECTEDCRED", words(X, 0, 2, PROGRAM, VERSION, 1, 6, 0, 0, 0), "00000001 00000001 00000001 00000002"],
    ["AUTH_BADCRED", words(X, 0, 2, PROGRAM, VERSION, 1, 1, 4, 0, 0, 0), "00000001 00000001 00000001 00000001"],
  ];
  for (const [name, message, expected] of rows) {
    it(name, async () => {
      const service = testService(() => {
        throw new Error("on purpose");
      });
      const { server, bound } = await serve("tcp", service, { onError: () => undefined });
      const peer = await RawPeer.connect(bound);
      assert.equal(await peer.ask(message), `00001234 ${expected}`);
      peer.socket.destroy();
      await server.close();
    });
  }

  it("each way to reject", async () => {
    const stats = Object.keys(AuthStat).filter((name) => name !== "AUTH_OK") as AuthStatName[];
    const rejections: Rejection[] = [
      "PROG_UNAVAIL",
      "PROC_UNAVAIL",
      "GARBAGE_ARGS",
      "SYSTEM_ERR",
      { code: "PROG_MISMATCH", low: 4, high: 6 },
      ...stats,
    ];
    const { server, bound } = await serve(
      "tcp",
      testService((arg, ctx) => ctx.reject(rejections[arg] ?? "SYSTEM_ERR")),
      { onError: () => assert.fail("a rejection is no failure") },
    );
    const peer = await RawPeer.connect(bound);
    const answers: string[] = [];
    for (const i of rejections.keys()) answers.push((await peer.ask(call(i, 4, i))).slice(9));
    assert.deepEqual(answers, [
      `${accepted} 00000001`,
      `${accepted} 00000003`,
      `${accepted} 00000004`,
      `${accepted} 00000005`,
      `${accepted} 00000002 00000004 00000006`,
      ...stats.map((name) => `00000001 00000001 00000001 ${AuthStat[name].toString(16).padStart(8, "0")}`),
    ]);
    peer.socket.destroy();
    await server.close();
  });

  it("NO_REPLY sends nothing, a header that can't be read neither, and the connection goes on", async () => {
    const { server, bound } = await serve(
      "tcp",
      testService(() => NO_REPLY),
    );
    const peer = await RawPeer.connect(bound);
    peer.send(call(1, 4, 0)); // NO_REPLY
    peer.send(words(2, 0)); // too short
    peer.send(Buffer.alloc(0));
    peer.send(Buffer.alloc(3));
    peer.send(words(3, 0, 2, PROGRAM, VERSION, 1, 0, 401)); // a credential that is too long
    peer.send(words(4, 1, 0, 0, 0, 0)); // a reply that nobody waits for
    peer.send(words(5, 7, 2)); // neither call nor reply
    assert.equal(await peer.ask(call(9, 1, 3)), `00000009 ${accepted} 00000000 00000003`);
    peer.socket.destroy();
    await server.close();
  });

  it("bytes behind the arguments are tolerated and counted, or GARBAGE_ARGS where the server is strict", async () => {
    for (const [xdr, expected, tolerated] of [
      ["tolerant", `${accepted} 00000000`, 1],
      ["strict", `${accepted} 00000004`, 0],
    ] as const) {
      const { server, bound } = await serve("tcp", testService(), { xdr });
      const peer = await RawPeer.connect(bound);
      assert.equal(await peer.ask(call(1, NOTHING.number, 5)), `00000001 ${expected}`);
      assert.equal(server.tolerated, tolerated);
      peer.socket.destroy();
      await server.close();
    }
  });
});

describe("runtime: universal addresses (RFC 5665)", () => {
  it("are written and read", () => {
    assert.equal(formatUaddr("127.0.0.1", 2049), "127.0.0.1.8.1");
    assert.deepEqual(parseUaddr("127.0.0.1.8.1"), { host: "127.0.0.1", port: 2049 });
    assert.deepEqual(parseUaddr("::.0.111"), { host: "::", port: 111 });
    assert.deepEqual(parseUaddr("fe80::1.255.255"), { host: "fe80::1", port: 65535 });
    for (const bad of ["", "1.2", "127.0.0.1.256.1", "127.0.0.1.1", "host.1.2", "/run/x.1.2"]) {
      assert.equal(parseUaddr(bad), undefined, bad);
    }
    assert.equal(RpcAddress.inet("tcp6", "::1", 111).toString(), "tcp6 [::1]:111");
    assert.equal(RpcAddress.parse("local", "/run/rpcbind.sock")?.path, "/run/rpcbind.sock");
    assert.equal(RpcAddress.parse("local", "not a path"), undefined);
  });
});

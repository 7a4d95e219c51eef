import assert from "node:assert/strict";
import {
  type ClientAuth,
  type RpcError,
  RpcServer,
  authNone,
  authSys,
  connect,
  serverAuthSys,
} from "../../src/runtime/index.ts";
import { DEFAULT_MAX_SHORTHANDS, MAX_AUTH_REFRESHES } from "../../src/runtime/limits.ts";
import { whyNoAddon } from "../native/addon.ts";
import { RawServer, denyAuth, replyTo } from "./raw-server.ts";
import {
  ECHO,
  PROGRAM,
  RUN,
  RawPeer,
  SERVICE,
  TRANSPORTS,
  VERSION,
  hexWords,
  listenOn,
  serve,
  testService,
  words,
} from "./support.ts";

const SYS = { machinename: "box", uid: 1000, gid: 100, gids: [4, 24] };
/** Flavor and length of an AUTH_SHORT with these words. */
const short = (...token: number[]): Buffer => words(2, 4 * token.length, ...token);

/** What stands behind the header of a call: the credential on. */
function behindHeader(request: Buffer): string {
  return hexWords(request.subarray(24));
}

describe("runtime: credentials of a client", () => {
  let server: RawServer;

  beforeEach(async () => {
    server = await RawServer.listen();
  });

  afterEach(async () => {
    await server.close();
  });

  it("AUTH_NONE: a credential and a verifier without a body", async () => {
    const { connection, peer } = await server.connect();
    const result = connection.call(ECHO, 7);
    const request = await peer.receive();
    assert.equal(behindHeader(request), hexWords(words(0, 0, 0, 0, 7)));
    peer.send(replyTo(request, [8]));
    assert.equal(await result, 8);
    await connection.close();
  });

  it("longer than 400 bytes: the call can't be encoded, and nothing is sent", async () => {
    const { connection, peer } = await server.connect();
    for (const [credential, verifier, part] of [
      [401, 0, "credential of 401"],
      [400, 404, "verifier of 404"],
    ] as const) {
      const auth: ClientAuth = {
        flavor: 9,
        marshal: (w) => {
          for (const bytes of [credential, verifier]) {
            w.uint32(9);
            w.opaque(new Uint8Array(bytes));
          }
        },
      };
      await assert.rejects(connection.call(ECHO, 7, { auth }), (error: RpcError) => {
        assert.equal(error.code, "RPC_CANTENCODEARGS");
        assert.match(error.message, new RegExp(`flavor 9 has a ${part} bytes, more than 400`));
        return true;
      });
    }
    const fits: ClientAuth = {
      flavor: 9,
      marshal: (w) => {
        for (const bytes of [400, 400]) {
          w.uint32(9);
          w.opaque(new Uint8Array(bytes));
        }
      },
    };
    const result = connection.call(ECHO, 7, { auth: fits });
    const request = await peer.receive();
    assert.equal(request.length, 24 + 2 * 408 + 4);
    peer.send(replyTo(request, [8]));
    assert.equal(await result, 8);
    await connection.close();
  });

  it("AUTH_SYS: stamp, machine name, user, group and groups, of which there are 16 at most", async () => {
    const { connection, peer } = await server.connect();
    const gids = Array.from({ length: 20 }, (_, i) => 100 + i);
    for (const [given, sent] of [
      [SYS.gids, SYS.gids],
      [gids.slice(0, 16), gids.slice(0, 16)],
      [gids.slice(0, 17), gids.slice(0, 16)],
      [gids, gids.slice(0, 16)],
    ] as const) {
      const result = connection.call(ECHO, 7, { auth: authSys({ ...SYS, gids: given }) });
      const request = await peer.receive();
      const stamp = request.readUInt32BE(32);
      const body = [stamp, 3, 0x626f_7800, SYS.uid, SYS.gid, sent.length, ...sent];
      assert.equal(behindHeader(request), hexWords(words(1, 4 * body.length, ...body, 0, 0, 7)));
      assert(Math.abs(stamp - Date.now() / 1000) < 60);
      peer.send(replyTo(request, [7]));
      await result;
    }
    await connection.close();
  });

  it("AUTH_SYS: a machine name is cut to 255 bytes, between characters", async () => {
    const { connection, peer } = await server.connect();
    const result = connection.call(ECHO, 7, { auth: authSys({ ...SYS, machinename: "é".repeat(200) }) });
    const request = await peer.receive();
    assert.equal(request.readUInt32BE(36), 254);
    assert.equal(request.subarray(40, 294).toString("utf8"), "é".repeat(127));
    peer.send(replyTo(request, [7]));
    await result;
    await connection.close();
  });

  it("AUTH_SHORT: what the server answered with is the credential from then on, on that connection", async () => {
    const auth = authSys(SYS);
    const { connection, peer } = await server.connect({ auth });
    const first = connection.call(ECHO, 1);
    const full = await peer.receive();
    // As libtirpc reads it, the verifier's body encodes the credential.
    peer.send(replyTo(full, [1], Buffer.concat([words(2, 16), short(0xcafe_0001, 0xcafe_0002)])));
    await first;
    for (const again of [2, 3]) {
      const result = connection.call(ECHO, again);
      const request = await peer.receive();
      assert.equal(
        behindHeader(request),
        hexWords(Buffer.concat([short(0xcafe_0001, 0xcafe_0002), words(0, 0, again)])),
      );
      peer.send(replyTo(request, [again]));
      assert.equal(await result, again);
    }
    const other = await server.connect({ auth });
    const elsewhere = other.connection.call(ECHO, 1);
    const request = await other.peer.receive();
    assert.equal(hexWords(request.subarray(24)), hexWords(full.subarray(24)));
    other.peer.send(replyTo(request, [1]));
    await elsewhere;
    await other.connection.close();
    await connection.close();
  });

  it("AUTH_SHORT: a verifier that encodes a credential, as those of C do, is sent as that", async () => {
    const { connection, peer } = await server.connect({ auth: authSys(SYS) });
    const first = connection.call(ECHO, 1);
    const full = await peer.receive();
    peer.send(replyTo(full, [1], short(2, 8, 0xcafe_0001, 0xcafe_0002)));
    await first;
    const result = connection.call(ECHO, 2);
    const request = await peer.receive();
    assert.equal(behindHeader(request), "00000002 00000008 cafe0001 cafe0002 00000000 00000000 00000002");
    peer.send(replyTo(request, [2]));
    assert.equal(await result, 2);
    await connection.close();
  });

  it("AUTH_SHORT: one that the server has forgotten is replaced by the full credential, within each call that had it", async () => {
    const { connection, peer } = await server.connect({ auth: authSys(SYS) });
    const first = connection.call(ECHO, 1);
    const full = await peer.receive();
    peer.send(replyTo(full, [1], short(1)));
    await first;
    // Several at once: each of them was sent with the shorthand.
    const results = [11, 12, 13].map((value) => connection.call(ECHO, value));
    const requests = [await peer.receive(), await peer.receive(), await peer.receive()];
    for (const request of requests) {
      assert.equal(request.readUInt32BE(24), 2);
      peer.send(denyAuth(request, 2));
    }
    for (const [i, request] of requests.entries()) {
      const again = await peer.receive();
      assert.notEqual(again.readUInt32BE(0), request.readUInt32BE(0), "it is a new call");
      assert.equal(
        hexWords(again.subarray(24)),
        hexWords(Buffer.concat([full.subarray(24, full.length - 4), words(11 + i)])),
      );
      peer.send(replyTo(again, [11 + i]));
    }
    assert.deepEqual(await Promise.all(results), [11, 12, 13]);
    await connection.close();
  });

  it("a full credential that is rejected is not sent again, though another call has got a shorthand meanwhile", async () => {
    const { connection, peer } = await server.connect({ auth: authSys(SYS) });
    const one = connection.call(ECHO, 1);
    const two = connection.call(ECHO, 2);
    const three = connection.call(ECHO, 3);
    peer.send(replyTo(await peer.receive(), [1], short(1)));
    peer.send(denyAuth(await peer.receive(), 5));
    assert.equal(await one, 1);
    await assert.rejects(two, { code: "RPC_AUTHERROR", authStat: "AUTH_TOOWEAK" });
    peer.send(replyTo(await peer.receive(), [3]));
    assert.equal(await three, 3);
    await connection.close();
  });

  it(`a call is made again ${MAX_AUTH_REFRESHES} times at most, and what comes meanwhile for its last xid is dropped`, async () => {
    let refreshes = 0;
    const base = authNone;
    const auth = {
      ...base,
      refresh: async (): Promise<boolean> => {
        refreshes++;
        await new Promise(setImmediate);
        return true;
      },
    };
    const { connection, peer } = await server.connect({ auth });
    const result = assert.rejects(connection.call(ECHO, 1), { code: "RPC_AUTHERROR", authStat: "AUTH_REJECTEDCRED" });
    const xids = new Set<number>();
    for (let i = 0; i <= MAX_AUTH_REFRESHES; i++) {
      const request = await peer.receive();
      xids.add(request.readUInt32BE(0));
      peer.send(denyAuth(request, 2));
      peer.send(denyAuth(request, 2));
    }
    await result;
    assert.equal(refreshes, MAX_AUTH_REFRESHES);
    assert.equal(xids.size, 1 + MAX_AUTH_REFRESHES);
    assert.equal(connection.outstanding, 0);
    await connection.close();
  });

  it("a connection that is lost while credentials are refreshed costs the call nothing: the server has not run it", async () => {
    const refreshed: { go: () => void } = { go: () => undefined };
    const asked = new Promise<void>((resolveAsked) => {
      refreshed.go = resolveAsked;
    });
    let finish: (isNew: boolean) => void = () => undefined;
    const base = authNone;
    const auth = {
      ...base,
      refresh: (): Promise<boolean> => {
        refreshed.go();
        return new Promise((resolve) => (finish = resolve));
      },
    };
    const { connection, peer } = await server.connect({ auth });
    const result = connection.call(RUN, 1);
    peer.send(denyAuth(await peer.receive(), 2));
    await asked;
    const accepted = server.nextSocket();
    peer.socket.destroy();
    while (connection.connected) await new Promise(setImmediate);
    finish(true);
    const again = RawPeer.over(await accepted);
    again.send(replyTo(await again.receive(), [5]));
    assert.equal(await result, 5);
    await connection.close();
  });
});

describe("runtime: credentials at a server", () => {
  it("AUTH_SHORT: a server that is told to answers with a shorthand, the same for the same credential, and takes it", async () => {
    const callers: unknown[] = [];
    const service = testService((arg, { caller: { flavor, claimed } }) => {
      callers.push([flavor, claimed?.uid, claimed?.machinename]);
      return arg;
    });
    const { server, bound } = await serve("tcp", service, { auth: serverAuthSys({ shorthand: true }) });
    const peer = await RawPeer.connect(bound);
    const body = [7, 3, 0x626f_7800, 1000, 100, 0];
    const header = (xid: number): number[] => [xid, 0, 2, PROGRAM, VERSION, RUN.number];
    const ask = async (...message: number[]): Promise<string> => peer.ask(words(...message));
    const first = await ask(...header(1), 1, 4 * body.length, ...body, 0, 0, 5);
    assert.match(
      first,
      /^00000001 00000001 00000000 00000002 00000018 00000002 00000010 (\w{8} ){4}00000000 00000005$/,
    );
    const token = first.split(" ").slice(7, 11);
    const second = await ask(...header(2), 1, 4 * body.length, ...body, 0, 0, 6);
    assert.deepEqual(second.split(" ").slice(7, 11), token);
    const tokenWords = token.map((word) => parseInt(word, 16));
    assert.equal(
      await ask(...header(3), 2, 16, ...tokenWords, 0, 0, 7),
      "00000003 00000001 00000000 00000000 00000000 00000000 00000007",
    );
    assert.deepEqual(callers, [
      [1, 1000, "box"],
      [1, 1000, "box"],
      [2, 1000, "box"],
    ]);
    // A shorthand that it never gave.
    assert.equal(await ask(...header(4), 2, 4, 1, 0, 0, 7), "00000004 00000001 00000001 00000001 00000002");
    peer.socket.destroy();
    await server.close();
  });

  it("AUTH_SHORT: without that it gives none, and rejects each", async () => {
    const { server, bound } = await serve("tcp");
    const peer = await RawPeer.connect(bound);
    const body = [7, 3, 0x626f_7800, 1000, 100, 0];
    assert.equal(
      await peer.ask(words(1, 0, 2, PROGRAM, VERSION, 1, 1, 4 * body.length, ...body, 0, 0, 5)),
      "00000001 00000001 00000000 00000000 00000000 00000000 00000005",
    );
    assert.equal(
      await peer.ask(words(2, 0, 2, PROGRAM, VERSION, 1, 2, 4, 1, 0, 0, 5)),
      "00000002 00000001 00000001 00000001 00000002",
    );
    peer.socket.destroy();
    await server.close();
  });

  for (const transport of TRANSPORTS) {
    it(`AUTH_SHORT over ${transport}: a server forgets the oldest above maxShorthands, and its client's calls go on`, async () => {
      assert.equal(DEFAULT_MAX_SHORTHANDS, 1024);
      const flavors: number[] = [];
      const service = testService((arg, { caller }) => {
        flavors.push(caller.flavor);
        assert.equal(caller.claimed?.uid, arg);
        assert.equal(caller.identity, undefined);
        return arg;
      });
      const auth = serverAuthSys({ shorthand: true, maxShorthands: 1 });
      const { server, to } = await serve(transport, service, { auth });
      const connection = await connect(SERVICE, to);
      const [a, b] = [authSys({ ...SYS, uid: 1 }), authSys({ ...SYS, uid: 2 })];
      for (const [uid, by] of [
        [1, a],
        [1, a],
        [2, b],
        [1, a],
        [1, a],
        [2, b],
      ] as const) {
        // prettier-ignore
        assert.equal(await connection.call(RUN, uid, { auth: by }), uid);
      }
      assert.deepEqual(flavors, [1, 2, 1, 1, 2, 1]);
      await connection.close();
      await server.close();
    });
  }

  it("a flavor whose validate throws fails its call, and nothing else", async () => {
    for (const transport of ["tcp", "udp"] as const) {
      const { server, to } = await serve(transport);
      await using client = await connect(SERVICE, to);
      const cause = new Error("no such verifier");
      const auth = {
        ...authNone,
        validate: () => {
          throw cause;
        },
      };
      await assert.rejects(client.call(RUN, 1, { auth }), {
        code: "RPC_AUTHERROR",
        authStat: "AUTH_INVALIDRESP",
        cause,
      });
      assert.equal(await client.call(RUN, 2), 2);
      await server.close();
    }
  });

  it("a bound that bounds nothing is a RangeError", () => {
    for (const maxShorthands of [NaN, -1]) assert.throws(() => serverAuthSys({ maxShorthands }), RangeError);
  });

  it("claimed and proven are apart: over a local socket the kernel has the last word", async () => {
    const seen: unknown[] = [];
    const service = testService((arg, { caller }) => {
      seen.push([caller.claimed?.uid, caller.proven?.uid]);
      return arg;
    });
    const server = new RpcServer().add(service);
    const [bound] = await server.listen(listenOn("local"));
    const [tcp] = await server.listen(listenOn("tcp"));
    assert(bound !== undefined && tcp !== undefined);
    const local = await connect(SERVICE, { path: bound.path, auth: authSys({ ...SYS, uid: 4711 }) });
    const remote = await connect(SERVICE, { host: "127.0.0.1", port: tcp.port, auth: authSys({ ...SYS, uid: 4711 }) });
    await local.call(RUN, 1);
    await remote.call(RUN, 1);
    assert.deepEqual(seen, [
      [4711, whyNoAddon() === undefined ? process.geteuid?.() : undefined],
      [4711, undefined],
    ]);
    await local.close();
    await remote.close();
    await server.close();
  });

  it("a flavor that throws, or whose verifier no message can carry, is AUTH_FAILED, and the server lives on", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error & { code?: string }): void => void warnings.push(String(warning.code));
    process.on("warning", listen);
    const verifier = { flavor: 400, body: new Uint8Array(401) };
    const auth = [
      { flavor: 400, authenticate: () => ({ kind: "accept", verifier }) as const },
      { flavor: 401, authenticate: () => Promise.resolve({ kind: "answer", verifier } as const) },
      { flavor: 402, authenticate: () => { throw new Error("no"); } }, // prettier-ignore
      { flavor: 403, authenticate: () => Promise.reject(new Error("no")) },
      { flavor: 404, authenticate: () => ({ kind: "answer", results: new Uint8Array(5_000_000) }) as const },
    ];
    for (const transport of ["tcp", "udp"] as const) {
      const { server, to } = await serve(transport, testService(), { auth });
      const connection = await connect(SERVICE, to);
      for (const { flavor } of auth) {
        const by = {
          flavor,
          marshal: (w: { uint32(value: number): void }) => { for (const word of [flavor, 0, 0, 0]) w.uint32(word); }, // prettier-ignore
        };
        await assert.rejects(connection.call(ECHO, 1, { auth: by }), {
          code: "RPC_AUTHERROR",
          authStat: "AUTH_FAILED",
        });
      }
      assert.equal(await connection.call(ECHO, 1), 1);
      await connection.close();
      await server.close();
    }
    process.off("warning", listen);
    assert.deepEqual(new Set(warnings), new Set(["TSRPC_AUTH_FAILED"]));
  });
});

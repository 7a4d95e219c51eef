import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { type Server, connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInWorker, runScript } from "../ipc/script.ts";
import { secondUser, whyNoSecondUser } from "../ipc/second-user.ts";
import { EventFd, Memfd, UnixSeqpacketServer, UnixSeqpacketSocket, pipe } from "../../src/ipc/index.ts";
import { SHM_PROBE, shmAnswer, shmName } from "../../src/runtime/auth/shm.ts";
import { RpcMsgCodec } from "../../src/runtime/gen/rpc_msg.ts";
import { connect } from "../../src/runtime/index.ts";
import {
  MAX_SHM_OFFERS,
  MAX_SHM_OFFERS_PER_PROCESS,
  MAX_SHM_OFFERS_PER_USER,
  SHM_RING_BYTES,
} from "../../src/runtime/limits.ts";
import { ShmOffers } from "../../src/runtime/transport/shm/offers.ts";
import { shmBytes } from "../../src/runtime/transport/shm/layout.ts";
import { decode } from "../../src/xdr/index.ts";
import { until } from "./raw-server.ts";
import { ECHO, PROGRAM, RawPeer, SERVICE, VERSION, hexWords, words } from "./support.ts";
import { serveShm, skipUnlessShm } from "./shm-support.ts";

/** The question, of the layout's version. */
const question = (xid: number, version = 1, procedure = 0): Buffer =>
  words(xid, 0, 2, PROGRAM, VERSION, procedure, 0x7473686d, 4, version, 0, 0);

const descriptors = (): number => readdirSync("/proc/self/fd").length;

async function peerAt(path: string): Promise<RawPeer> {
  const socket = connectSocket({ path });
  await once(socket, "connect");
  return RawPeer.over(socket);
}

/** Asks, and gives the name of the place. */
async function placeOf(peer: RawPeer): Promise<string> {
  peer.send(question(7));
  const message = decode(RpcMsgCodec, await peer.receive());
  assert(message.body.mtype === 1 && message.body.rbody.stat === 0);
  const name = shmName(message.body.rbody.areply.verf);
  assert(name !== undefined);
  return name;
}

describe("runtime: shm: the rendezvous", () => {
  before(skipUnlessShm);

  it("the question is a call of NULL with a flavor of ours; the answer is a name, to one of this layout alone", async () => {
    assert.equal(hexWords(SHM_PROBE.body), "00000001");
    const { server, path } = await serveShm();
    const peer = await peerAt(path);
    assert.equal(await peer.ask(question(8, 2)), "00000008 00000001 00000001 00000001 00000002", "AUTH_REJECTEDCRED");
    assert.equal(await peer.ask(question(9, 1, 1)), "00000009 00000001 00000001 00000001 00000002");
    peer.send(question(10));
    const answer = await peer.receive();
    // 41 bytes, padded to 44: "tsrpcgen-" and 128 random bits.
    assert.equal(hexWords(answer.subarray(0, 20)), "0000000a 00000001 00000000 7473686d 00000029");
    assert.match(answer.subarray(20, 61).toString(), /^tsrpcgen-[0-9a-f]{32}$/);
    assert.equal(hexWords(answer.subarray(61)), "00000000 000000", "padding, SUCCESS");
    peer.socket.destroy();
    await server.close();
  });

  it("a place is there once: for who has asked, and for nobody behind him", async () => {
    const { server, path } = await serveShm();
    const peer = await peerAt(path);
    const name = await placeOf(peer);
    const first = await UnixSeqpacketSocket.connect({ abstract: name });
    const message = await first.receive({ maxBytes: 8, maxDescriptors: 9 });
    assert.equal(message?.descriptors.length, 1);
    using memory = Memfd.adopt(message.descriptors[0] as never, { readOnly: false });
    assert.deepEqual([memory.size, memory.seals.sort()], [shmBytes(SHM_RING_BYTES), ["grow", "seal", "shrink"]]);
    await assert.rejects(UnixSeqpacketSocket.connect({ abstract: name }), { code: "ECONNREFUSED" });
    first.close();
    peer.socket.destroy();
    await server.close();
  });

  it("another process of the same user is sent away, and who has asked is waited for still", async () => {
    const { server, path } = await serveShm();
    const peer = await peerAt(path);
    const name = await placeOf(peer);
    const stranger = `
      const socket = await ipc.UnixSeqpacketSocket.connect({ abstract: ${JSON.stringify(name)} });
      const got = await socket.receive({ timeoutMs: 5000 }).catch((error) => error.code);
      console.log(got === null ? "nothing" : String(got));`;
    // His place is held until he is gone: both within the second that an offer lasts, or the test says nothing.
    const { stdout } = await runScript(stranger);
    assert.match(stdout, /nothing|ECONNRESET|ECONNREFUSED|^$/);
    const own = await UnixSeqpacketSocket.connect({ abstract: name }).catch(() => undefined);
    if (own !== undefined) {
      assert.equal((await own.receive({ maxDescriptors: 9 }))?.descriptors.length, 1);
      own.close();
    }
    peer.socket.destroy();
    await server.close();
  });

  it("another user is sent away, where he knows the name; and the server's socket itself keeps him out", async function () {
    if (whyNoSecondUser() !== undefined) this.skip();
    const { server, path } = await serveShm();
    const peer = await peerAt(path);
    const name = await placeOf(peer);
    const { stdout } = await runScript(`
      process.setgroups([]); process.setgid(${secondUser}); process.setuid(${secondUser});
      const code = (error) => error.code;
      const socket = await ipc.UnixSeqpacketSocket.connect({ abstract: ${JSON.stringify(name)} }).catch(code);
      const got = typeof socket === "string" ? socket : await socket.receive({ timeoutMs: 5000 }).catch(code);
      const local = await ipc.UnixStreamSocket.connect(${JSON.stringify(path)}).then(() => "in", code);
      console.log(got === null ? "nothing" : String(got), local);`);
    assert.match(stdout, /^(nothing|ECONNRESET|ECONNREFUSED) EACCES$/m);
    peer.socket.destroy();
    await server.close();
  });

  it("MAX_SHM_OFFERS places at a time, some of them to a user and to a process", () => {
    const offers = new ShmOffers(4096);
    let pid = 0;
    /** As many processes as it takes. @returns places until there is no room for another one */
    const fill = (uid: number, most = Infinity): number => {
      for (let count = 0; ; count++) {
        if (count % MAX_SHM_OFFERS_PER_PROCESS === 0) pid++;
        const credentials = { uid, gid: uid, pid };
        if (count === most || !offers.hasRoomFor(credentials)) return count;
        offers.make({ credentials, path: "/somewhere" }, () => assert.fail("nobody comes"));
      }
    };
    assert.equal(fill(1, MAX_SHM_OFFERS_PER_PROCESS), MAX_SHM_OFFERS_PER_PROCESS);
    const full = { uid: 1, gid: 1, pid: 1 };
    assert.deepEqual([offers.hasRoomFor(full), offers.hasRoomFor({ ...full, pid: 99 })], [false, true]);
    assert.equal(fill(1), MAX_SHM_OFFERS_PER_USER - MAX_SHM_OFFERS_PER_PROCESS);
    assert.equal(offers.hasRoomFor({ ...full, pid: 99 }), false);
    assert.equal(fill(2), MAX_SHM_OFFERS_PER_USER);
    assert.equal(offers.count, MAX_SHM_OFFERS);
    assert.equal(offers.hasRoomFor({ uid: 3, gid: 3, pid: 99 }), false);
    offers.close();
  });

  it("who asks beyond the places of its process stays on the socket, and other processes get theirs", async () => {
    const { server, path } = await serveShm();
    const peer = await peerAt(path);
    for (let xid = 0; xid <= MAX_SHM_OFFERS_PER_PROCESS; xid++) peer.send(question(xid));
    const answers: string[] = [];
    while (answers.length <= MAX_SHM_OFFERS_PER_PROCESS) answers.push(hexWords((await peer.receive()).subarray(8, 12)));
    assert.deepEqual(new Set(answers.slice(0, -1)), new Set(["00000000"]));
    assert.equal(answers.at(-1), "00000001", "MSG_DENIED");
    // Here: on a slow machine an offer may have had its time before the end of this.
    const before = descriptors();
    await using connection = await connect(SERVICE, { path });
    assert.deepEqual([connection.transport, await connection.call(ECHO, 5)], ["local", 5]);
    await assert.rejects(connect(SERVICE, { path, transport: "shm" }), { code: "RPC_CANTCONNECT" });
    const { stdout, stderr } = await runScript(
      `const { connect } = await import(${JSON.stringify(new URL("../../src/runtime/index.js", import.meta.url))});
       const connection = await connect({ program: ${PROGRAM}, version: ${VERSION} }, { path: process.env.TSRPC_PATH });
       console.log(connection.transport);
       await connection.close();`,
      { TSRPC_PATH: path },
    );
    assert.equal(stdout, "shm\n", stderr);
    await server.close();
    peer.socket.destroy();
    await until(() => descriptors() <= before - MAX_SHM_OFFERS_PER_PROCESS);
  });

  it("a client in a worker thread is met too", async () => {
    const { server, to } = await serveShm();
    const at = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
    const result = await runInWorker(
      `const { connect } = await import(${at("../../src/runtime/index.js")});
       const { ECHO, SERVICE } = await import(${at("./support.js")});
       const connection = await connect(SERVICE, data);
       const value = await connection.call(ECHO, 77);
       const { transport } = connection;
       await connection.close();
       return [transport, value];`,
      to,
    );
    assert.deepEqual(result, ["shm", 77]);
    await server.close();
  });

  describe("with a server that means no good", () => {
    let listener: Server;
    let path: string;
    let serve: (name: string) => void = () => undefined;

    /** Answers the question with the name of a place, and echoes calls. */
    beforeEach(async () => {
      path = join(tmpdir(), `tsrpcgen-hostile-${process.pid}.sock`);
      listener = createServer((socket) => {
        const peer = RawPeer.over(socket);
        void (async (): Promise<void> => {
          for (;;) {
            const asked = await peer.receive();
            if (asked.readUInt32BE(24) !== 0x7473686d) {
              peer.send(Buffer.concat([asked.subarray(0, 4), words(1, 0, 0, 0, 0), asked.subarray(-4)]));
              continue;
            }
            const name = `tsrpcgen-test-${process.pid}-${Math.random()}`;
            serve(name);
            const { body } = shmAnswer(name);
            const padded = Buffer.alloc(Math.ceil(body.length / 4) * 4);
            padded.set(body);
            const verifier = Buffer.concat([words(0x7473686d, body.length), padded]);
            peer.send(Buffer.concat([asked.subarray(0, 4), words(1, 0), verifier, words(0)]));
          }
        })().catch(() => undefined);
      });
      listener.listen({ path });
      await once(listener, "listening");
    });

    afterEach(async () => {
      listener.close();
      await once(listener, "close");
      rmSync(path, { force: true });
    });

    const memory = (size: number, seals: ("shrink" | "write")[] = ["shrink"]): Memfd =>
      Memfd.create("test", { size, seals });
    const CASES: Record<string, () => { fd: number; close(): void }[]> = {
      "no descriptor": () => [],
      "a pipe": () => {
        const { reader, writer } = pipe();
        writer.close();
        return [reader];
      },
      "an eventfd": () => [EventFd.create()],
      "memory that can shrink": () => [memory(shmBytes(4096), [])],
      "memory that can't be written to": () => [memory(shmBytes(4096), ["shrink", "write"])],
      "memory of no bytes": () => [memory(0)],
      "memory of an odd size": () => [memory(shmBytes(4096) + 1)],
      "too little memory": () => [memory(shmBytes(2048))],
      "too much memory": () => [memory(shmBytes(2 ** 31))],
      "two of them": () => [memory(shmBytes(4096)), memory(shmBytes(4096))],
    };
    for (const [what, make] of Object.entries(CASES))
      it(`sends ${what}: the client stays on the socket, and keeps none`, async () => {
        serve = (name) => {
          const place = UnixSeqpacketServer.listen({ abstract: name });
          void place.accept().then(async (socket) => {
            const sent = make();
            await socket.send(new Uint8Array([1]), { descriptors: sent as never });
            for (const each of sent) each.close();
            await socket.receive();
            socket.close();
            place.close();
          });
        };
        const before = descriptors();
        {
          await using connection = await connect(SERVICE, { path });
          assert.deepEqual([connection.transport, await connection.call(ECHO, 3)], ["local", 3]);
        }
        await until(() => descriptors() <= before);
        await assert.rejects(connect(SERVICE, { path, transport: "shm" }), {
          code: "RPC_CANTCONNECT",
          message: /the server speaks shm, but can't be met/,
        });
        await until(() => descriptors() <= before);
      });

    it("names a place where nobody is, or that is no name: the client stays on the socket", async () => {
      serve = () => undefined;
      await using connection = await connect(SERVICE, { path });
      assert.deepEqual([connection.transport, await connection.call(ECHO, 4)], ["local", 4]);
    });
  });
});

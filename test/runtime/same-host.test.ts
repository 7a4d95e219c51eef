import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SysvMessageQueue, UnixDatagramSocket, fifo, socketpair } from "../../src/ipc/index.ts";
import { PATH_TRANSPORTS } from "../../src/runtime/address.ts";
import {
  type ConnectOptions,
  type PathTransport,
  type RpcConnection,
  RpcServer,
  type TransportName,
  connect,
} from "../../src/runtime/index.ts";
import { streamOptions } from "../../src/runtime/open-connection.ts";
import { DatagramPair } from "../../src/runtime/transport/local-dgram/datagram-pair.ts";
import { makeFrame } from "../../src/runtime/transport/fifo/frames.ts";
import { kinds, makePiece } from "../../src/runtime/transport/pieces/piece.ts";
import { Random } from "../fuzz/random.ts";
import { secondUser, whyNoSecondUser } from "../ipc/second-user.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { until } from "./conformance/case.ts";
import { BLOB, ECHO, SERVICE, hexWords, testService } from "./support.ts";

const runtimeUrl = new URL("../../src/runtime/index.js", import.meta.url).href;
const supportUrl = new URL("./support.js", import.meta.url).href;

/** A program that has `connect` and what the tests call, and the options of a connection as `to`. */
function start(
  source: string,
  to: ConnectOptions,
  options: { uid?: number; env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const { uid, env = process.env } = options;
  const head = `const { connect } = await import(${JSON.stringify(runtimeUrl)});
    const { ECHO, BLOB, SERVICE } = await import(${JSON.stringify(supportUrl)});
    const to = ${JSON.stringify(to)};`;
  return spawn(process.execPath, ["--input-type=module", "-e", head + source], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  await once(child, "close");
  return text.trim();
}

describe("runtime: transports of this host that are found by a path", function () {
  this.timeout(20_000);
  let folder = "";
  let path = "";
  let server: RpcServer;

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "written for Linux"));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-host-"));
    path = join(folder, "s");
    server = new RpcServer().add(testService());
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function listen(transport: PathTransport, mode?: number, of: RpcServer = server): Promise<ConnectOptions> {
    const own = mode === undefined ? { path } : { path, mode };
    const [bound] = await of.listen({ tcp: false, udp: false, local: false, [transport]: own });
    assert.equal(bound?.registered, false);
    assert.equal(bound.netid, transport);
    return { transport, path, timeoutMs: 5000 };
  }

  for (const transport of PATH_TRANSPORTS) {
    describe(transport, () => {
      it("is this user's alone, and its names go with the server", async () => {
        const to = await listen(transport);
        assert.equal(statSync(path).mode & 0o777, 0o600);
        await using client = await connect(SERVICE, to);
        assert.equal(client.transport, transport);
        assert.equal(client.peer?.path, path);
        assert.equal(await client.call(ECHO, 1), 1);
        await client.close();
        await server.close();
        assert.deepEqual(readdirSync(folder), []);
      });

      it("has one server at a path, and leaves alone what is none's", async () => {
        await listen(transport);
        const other = new RpcServer().add(testService());
        await assert.rejects(listen(transport, undefined, other), {
          code: "RPC_CANTLISTEN",
          message: /listens there already/,
        });
        await server.close();
        writeFileSync(path, "a text that is long enough to be nobody's but its writer's, in any case ".repeat(5));
        await assert.rejects(listen(transport, undefined, other), {
          code: "RPC_CANTLISTEN",
          message: /something that is no/,
        });
        assert.match(readFileSync(path, "utf8"), /^a text/);
        await assert.rejects(connect(SERVICE, { transport, path, timeoutMs: 500 }), { code: "RPC_CANTCONNECT" });
        await assert.rejects(connect(SERVICE, { transport, path: `${path}.none` }), {
          code: "RPC_CANTCONNECT",
          message: /ENOENT/,
        });
        await other.close();
        assert.deepEqual(
          readdirSync(folder).filter((name) => !name.endsWith(".clients")),
          ["s"],
        );
      });

      it("ends a client's wait for its connection with its signal", async () => {
        await listen(transport);
        const signal = AbortSignal.abort(new Error("enough"));
        const { openTransportTo } = await import("../../src/runtime/open-connection.ts");
        const { RpcAddress } = await import("../../src/runtime/address.ts");
        await assert.rejects(openTransportTo(RpcAddress.sameHost(transport, path), { signal }), /enough/);
        await until(() => server.connections === 0);
      });

      it("does not keep a process alive whose connection need not", async () => {
        const to = await listen(transport);
        const child = start(
          `const connection = await connect(SERVICE, to);
           console.log(await connection.call(ECHO, 7));
           connection.unref();`,
          to,
        );
        assert.equal(await output(child), "7");
        await until(() => server.connections === 0);
      });

      it("lets others go on while a client is stopped with its replies unread", async () => {
        const to = await listen(transport);
        const child = start(
          `const connection = await connect(SERVICE, to);
           const blob = new Uint8Array(${transport === "local-dgram" ? 60_000 : 300_000});
           const call = async () => { for (;;) await connection.call(BLOB, blob); };
           await connection.call(BLOB, blob);
           console.log("calls");
           await Promise.all(Array.from({ length: 8 }, call));`,
          to,
        );
        await once(child.stdout as NodeJS.ReadableStream, "data");
        child.kill("SIGSTOP");
        await using client = await connect(SERVICE, to);
        for (let i = 0; i < 300; i++) assert.equal(await client.call(ECHO, i), i);
        const blob = new Uint8Array(50_000).fill(5);
        assert.equal(Buffer.compare(await client.call(BLOB, blob), blob), 0);
        child.kill("SIGKILL");
        await until(() => server.connections === 1);
      });

      it("says what is missing without the addon", async () => {
        const to = await listen(transport);
        const source = `
          const { RpcServer } = await import(${JSON.stringify(runtimeUrl)});
          const say = (error) => console.log(error.code, error.message);
          await connect(SERVICE, to).catch(say);
          const at = { path: to.path + ".other" };
          await new RpcServer().listen({ tcp: false, udp: false, local: false, portmap: "off", [to.transport]: at }).catch(say);`;
        const lines = (await output(start(source, to, { env: { ...process.env, TSRPC_NO_NATIVE: "1" } }))).split("\n");
        assert.match(
          lines[0] ?? "",
          /^RPC_UNKNOWNPROTO .*the native addon is not available \(TSRPC_NO_NATIVE=1 hides it\)/,
        );
        assert.match(lines[1] ?? "", /^RPC_CANTLISTEN .*the native addon is not available/);
      });

      it("is another user's where the mode lets him call, and not otherwise", async function () {
        skipFor(this, whyNoSecondUser());
        chmodSync(folder, 0o755);
        const source = `
          try { console.log(await (await connect(SERVICE, to)).call(ECHO, 9)); } catch (error) { console.log(error.code, error.message); }
          process.exit();`;
        const to = await listen(transport);
        assert.match(await output(start(source, to, { uid: secondUser })), /^RPC_CANTCONNECT .*EACCES/);
        await server.close();
        server = new RpcServer().add(testService());
        await listen(transport, 0o602);
        assert.equal(await output(start(source, to, { uid: secondUser })), "9");
        await until(() => server.connections === 0);
      });
    });
  }

  it("are told by their path, and there are no others", async () => {
    for (const [to, message] of [
      [{ transport: "sysvmq" }, /by its path alone/],
      [{ transport: "fifo", path: undefined }, /by its path alone/],
      [{ transport: "carrier-pigeon" as TransportName, path }, /there is no transport "carrier-pigeon"/],
    ] as const) {
      await assert.rejects(connect(SERVICE, to as ConnectOptions), { code: "RPC_UNKNOWNPROTO", message });
    }
  });

  describe("sysvmq, on the wire", () => {
    const NAME = { id: 77, nonce: 0x1234_5678 };
    const piece = (kind: (typeof kinds)[keyof typeof kinds], data = "", more = {}): Buffer => {
      const bytes = makePiece({ ...NAME, kind, flags: 0, offset: 0, taken: 0, ...more }, data.length);
      bytes.write(data, bytes.length - data.length, "latin1");
      return bytes;
    };

    function queues(): { requests: SysvMessageQueue; replies: SysvMessageQueue } {
      const lines = readFileSync(path, "utf8").split("\n");
      assert.equal(lines[0], "tsrpcgen sysvmq 1");
      assert.match(lines[3] ?? "", new RegExp(`^server ${process.pid} \\d+$`));
      const [requests = "", replies = ""] = lines.slice(1, 3).map((line) => line.split(" ")[1]);
      return { requests: SysvMessageQueue.open(Number(requests)), replies: SysvMessageQueue.open(Number(replies)) };
    }

    it("a client opens, calls, and is answered by messages of its own type", async () => {
      await listen("sysvmq");
      const { requests, replies } = queues();
      assert(requests.trySend(77, piece(kinds.open, String(process.pid))));
      const accept = await replies.receive({ type: 77 });
      assert.match(hexWords(accept.bytes), /^0000004d 12345678 02000001 00000000 00000000 /);
      const call =
        "\x80\0\0\x2c\0\0\0\x07\0\0\0\0\0\0\0\x02\x20\0\0\x42\0\0\0\x03\0\0\0\x01" + "\0".repeat(16) + "\0\0\0\x05";
      assert(requests.trySend(77, piece(kinds.data, call)));
      const reply = await replies.receive({ type: 77 });
      assert.equal(
        hexWords(reply.bytes),
        "0000004d 12345678 03000001 00000000 00000030 8000001c 00000007 00000001 00000000 00000000 00000000 00000000 00000005",
      );
      assert(requests.trySend(77, piece(kinds.gone, "", { offset: 48 })));
      await until(() => server.connections === 0);
    });

    it("what is no piece, of nobody, or out of order harms its own connection alone", async () => {
      const to = await listen("sysvmq");
      const { requests } = queues();
      await using client = await connect(SERVICE, to);
      const random = new Random(6);
      const rubbish = (): Uint8Array => Uint8Array.from(random.times(random.below(200), () => random.below(256)));
      for (let i = 0; i < 300; i++) {
        await requests.send(1 + random.below(100), rubbish());
        await requests.send(78, piece(random.pick([...Object.values(kinds)]), String(rubbish()), { id: 78 }));
        if (i % 10 === 0) assert.equal(await client.call(ECHO, i), i);
      }
      await requests.send(77, piece(kinds.open, String(process.pid)));
      await until(() => server.connections === 2);
      await requests.send(77, piece(kinds.data, "abcd", { offset: 4 }));
      await until(() => server.connections === 1);
      assert.equal(await client.call(ECHO, 5), 5);
    });
  });

  it("fifo: what others write between harms nobody", async () => {
    const to = await listen("fifo");
    await using client = await connect(SERVICE, to);
    using writer = fifo.tryOpenWriter(path);
    assert(writer !== undefined);
    const random = new Random(7);
    for (let i = 0; i < 200; i++) {
      await writer.write(Uint8Array.from(random.times(1 + random.below(300), () => random.below(256))));
      // The head of a frame that promises more, and a piece of a client that there is not.
      await writer.write(
        makeFrame(makePiece({ id: 1, nonce: 2, kind: kinds.data, flags: 0, offset: 0, taken: 0 }, 900)).subarray(0, 50),
      );
      await writer.write(makeFrame(makePiece({ id: 1, nonce: 2, kind: kinds.open, flags: 0, offset: 0, taken: 0 }, 9)));
      assert.equal(await client.call(ECHO, i), i);
    }
  });

  it("local-dgram: what others send to the server's socket harms nobody, and nobody can send to a client's", async () => {
    const to = await listen("local-dgram");
    await using client: RpcConnection = await connect(SERVICE, to);
    using socket = UnixDatagramSocket.bind();
    const random = new Random(8);
    for (let i = 0; i < 100; i++) {
      await socket.send(Uint8Array.from(random.times(random.below(100), () => random.below(256))), { to: path });
      assert.equal(await client.call(ECHO, i), i);
    }
    const names = readFileSync("/proc/net/unix", "latin1")
      .split("\n")
      .flatMap((line) => / 0002 \d\d +\d+ @([0-9a-f]{5})$/.exec(line)?.[1] ?? []);
    const refused = names.filter((name) => {
      try {
        socket.trySend(Uint8Array.of(1, 2, 3, 4), { to: { abstract: name } });
        return false;
      } catch (error) {
        return (error as { code?: string }).code === "EPERM";
      }
    });
    assert(refused.length >= 2, "both ends of the pair are among them");
    assert.equal(await client.call(ECHO, 1), 1);
    assert.equal(client.stats().strayReplies, 0);
  });

  it("local-dgram: what has come before it is served is handed over behind its start", async () => {
    const [near, far] = socketpair({ type: "datagram" });
    near.trySend(Buffer.from("a message"));
    const peer = { pid: process.pid, uid: 0, gid: 0 };
    const pair = new DatagramPair(far, { ...streamOptions({}), end: "accepted", path, peer });
    const events: string[] = [];
    pair.start({
      message: (bytes) => events.push(Buffer.from(bytes).toString()),
      lost: () => undefined,
      closed: (error) => events.push(`closed ${error?.message}`),
    });
    assert.deepEqual(events, []);
    await until(() => events.length === 1);
    pair.destroy(new Error("enough"));
    await until(() => events.length === 2);
    assert.deepEqual(events, ["a message", "closed enough"]);
    near.close();
  });

  /** The codes of what another user's process fails with. The server's own threads can't take part: a process has one user. */
  async function failures(...calls: readonly string[]): Promise<string[]> {
    const source = `
      const ipc = await import(${JSON.stringify(new URL("../../src/ipc/index.js", import.meta.url).href)});
      const failure = (call) => { try { call(); return "none"; } catch (error) { return error.code; } };
      console.log([${calls.map((call) => `() => ${call}`).join(", ")}].map(failure).join(" "));`;
    return (await output(start(source, {}, { uid: secondUser }))).split(" ");
  }

  it("keep another user from the queues and the FIFO themselves", async function () {
    skipFor(this, whyNoSecondUser());
    chmodSync(folder, 0o755);
    await listen("sysvmq");
    const keys = readFileSync(path, "utf8").match(/0x[0-9a-f]+/g) ?? [];
    assert.equal(keys.length, 2);
    for (const key of keys) {
      const { id } = SysvMessageQueue.open(Number(key));
      const codes = await failures(
        `ipc.SysvMessageQueue.open(${key}, { mode: 0o200 })`,
        `ipc.SysvMessageQueue.open(${key}, { mode: 0o400 })`,
        `new ipc.SysvMessageQueue(${id}).trySend(1, Uint8Array.of(1))`,
        `new ipc.SysvMessageQueue(${id}).tryReceive()`,
        `new ipc.SysvMessageQueue(${id}).remove()`,
      );
      assert.deepEqual(codes, ["EACCES", "EACCES", "EACCES", "EACCES", "EPERM"]);
    }
    await server.close();
    server = new RpcServer().add(testService());
    await listen("fifo");
    const [name, inFolder] = [JSON.stringify(path), JSON.stringify(join(`${path}.clients`, "1-1-1"))];
    assert.deepEqual(await failures(`ipc.fifo.tryOpenWriter(${name})`, `ipc.mkfifo(${inFolder})`), [
      "EACCES",
      "EACCES",
    ]);
  });

  it("let another user who may call send requests and read replies, and nothing else", async function () {
    skipFor(this, whyNoSecondUser());
    chmodSync(folder, 0o755);
    await listen("sysvmq", 0o602);
    const [requests = "", replies = ""] = readFileSync(path, "utf8").match(/0x[0-9a-f]+/g) ?? [];
    const codes = await failures(
      `ipc.SysvMessageQueue.open(${requests}, { mode: 0o400 })`,
      `ipc.SysvMessageQueue.open(${replies}, { mode: 0o200 })`,
      `ipc.SysvMessageQueue.open(${requests}, { mode: 0o200 })`,
      `ipc.SysvMessageQueue.open(${replies}, { mode: 0o400 })`,
    );
    assert.deepEqual(codes, ["EACCES", "EACCES", "none", "none"]);
  });
});

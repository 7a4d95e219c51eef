import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  peerCredentials,
  pipe,
  PipeReader,
  socketpair,
  UnixDatagramSocket,
  UnixSeqpacketServer,
  UnixSeqpacketSocket,
  UnixStreamServer,
  UnixStreamSocket,
  type DescriptorHandle,
} from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { openDescriptors, runModule, skipUnlessIpc } from "./descriptors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (message: { bytes: Uint8Array } | null | undefined): string | null | undefined =>
  message && new TextDecoder().decode(message.bytes);

describe("UNIX sockets", () => {
  let folder: string;
  let path: string;
  const opened: DescriptorHandle[] = [];
  const open = <T extends DescriptorHandle>(handle: T): T => {
    opened.push(handle);
    return handle;
  };
  const pair = <T extends "stream" | "datagram" | "seqpacket">(type: T) => {
    const both = socketpair({ type });
    opened.push(...both);
    return both;
  };

  before(skipUnlessIpc);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-unix-"));
    path = join(folder, "socket");
  });
  afterEach(() => {
    for (const handle of opened.splice(0)) handle.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("against C", () => {
    it("seqpacket, our server: empty messages, order and end in all forms", async () => {
      const server = open(UnixSeqpacketServer.listen(path));
      await using peer = await CPeer.start("unix-socket");
      assert.equal(await peer.ask("open seqpacket"), "ok");
      assert.equal(server.tryAccept(), undefined);
      const accepting = server.accept();
      assert.equal(await peer.ask(`connect ${path}`), "ok");
      const socket = open(await accepting);
      assert.equal(socket.tryReceive(), undefined);
      const waiting = socket.receive();
      for (const message of ["one", "", "three"]) assert.equal(await peer.ask(`send ${message}`), "ok");
      assert.equal(text(await waiting), "one");
      assert.equal(text(socket.tryReceive()), "");
      assert.equal(text(socket.receiveSync()), "three");
      assert.equal(socket.trySend(bytes("1")), true);
      await socket.send(bytes("2"));
      socket.sendSync(bytes("3"));
      for (const n of [1, 2, 3]) assert.equal(await peer.ask("receive"), `1 <${n}> ${path} 0`);
      assert.equal(await peer.ask("close"), "ok");
      assert.equal(socket.tryReceive(), null);
      assert.equal(await socket.receive(), null);
      assert.equal(socket.receiveSync(), null);
      await assert.rejects(socket.send(bytes("x")), { code: "EPIPE", syscall: "sendmsg" });
    });

    for (const [type, client] of [
      ["seqpacket", UnixSeqpacketSocket],
      ["stream", UnixStreamSocket],
    ] as const)
      it(`${type}, its server: connecting waits for room in the queue`, async () => {
        await using peer = await CPeer.start("unix-socket");
        const name = `tsrpcgen-${String(process.pid)}-${type}`;
        const address = { abstract: name };
        for (const command of [`open ${type}`, `bind @${name}`, "listen"]) assert.equal(await peer.ask(command), "ok");
        const first = open(await client.connect(address));
        open(client.connectSync(address)); // a backlog of 1 has room for two
        assert.equal(client.tryConnect(address), undefined);
        await assert.rejects(client.connect(address, { timeoutMs: 20 }), { code: "ETIMEDOUT", syscall: "connect" });
        assert.throws(() => client.connectSync(address, { timeoutMs: 20 }), { code: "ETIMEDOUT" });
        const late = client.connect(address);
        assert.equal(await peer.ask("accept"), "ok");
        open(await late);
        assert.equal(peerCredentials(first).pid, peer.pid);
        assert.deepEqual(first.peerAddress, address);
        await first.send(bytes("hello"));
        assert.equal(await peer.ask("receive"), "5 <hello> - 0");
        assert.equal(await peer.ask("send there"), "ok");
        assert.equal(text(first.receiveSync()), "there");
      });

    it("datagrams by path and by abstract name, with the sender's name", async () => {
      const socket = open(UnixDatagramSocket.bind(path));
      await using peer = await CPeer.start("unix-socket");
      const name = `tsrpcgen-${String(process.pid)}-dgram`;
      assert.equal(await peer.ask("open datagram"), "ok");
      assert.equal(await peer.ask(`bind @${name}`), "ok");
      const waiting = socket.receive();
      assert.equal(await peer.ask(`sendto ${path} hello`), "ok");
      const message = await waiting;
      assert.equal(text(message), "hello");
      assert.deepEqual(message.from, { abstract: name });
      const to = message.from;
      assert.equal(socket.trySend(bytes("a"), { to }), true);
      await socket.send(bytes("b"), { to });
      socket.sendSync(bytes("c"), { to });
      for (const letter of ["a", "b", "c"]) assert.equal(await peer.ask("receive"), `1 <${letter}> ${path} 0`);
      assert.equal(await peer.ask(`sendto ${path} four`), "ok");
      const cut = socket.receiveSync({ maxBytes: 2 });
      assert.deepEqual([text(cut), cut.truncated], ["fo", true]);
    });

    it("descriptors both ways: C writes into our pipe, and we read from C's", async () => {
      const [ours, theirs] = pair("seqpacket");
      await using peer = await CPeer.start("unix-socket", [], { descriptors: [theirs.fd] });
      theirs.close();
      const { reader, writer } = pipe();
      open(reader);
      await ours.send(bytes("take"), { descriptors: [writer, writer.fd] });
      writer.close();
      assert.equal(await peer.ask("receive"), "4 <take> - 2");
      assert.equal(new TextDecoder().decode((await reader.read()) ?? undefined), "written by Cwritten by C");
      assert.equal(await reader.read(), null);
      const before = openDescriptors();
      assert.equal(await peer.ask("senddescriptors 253"), "ok");
      const message = await ours.receive();
      assert.equal(message?.descriptors.length, 253);
      assert.equal(openDescriptors(), before + 253);
      const [received] = message.descriptors;
      assert(received !== undefined);
      const adopted = PipeReader.adopt(received);
      assert.equal(received.closed, true);
      message.close();
      assert.equal(openDescriptors(), before + 1);
      assert.equal(new TextDecoder().decode(adopted.readSync() ?? undefined), "from C");
      adopted.close();
    });
  });

  it("descriptors that come are closed on exec", () => {
    const [a, b] = pair("datagram");
    a.sendSync(bytes("x"), { descriptors: [0] });
    const [received] = b.receiveSync().descriptors;
    assert(received !== undefined);
    const flags = /^flags:\s*(\d+)$/m.exec(readInfo(open(received).fd))?.[1] ?? "";
    assert.equal(parseInt(flags, 8) & 0o2000000, 0o2000000);
  });

  it("more descriptors than maxDescriptors: all are closed, and it says so", () => {
    const [a, b] = pair("stream");
    const before = openDescriptors();
    a.sendSync(bytes("x"), { descriptors: [0, 1] });
    const message = b.receiveSync({ maxDescriptors: 1 });
    assert.deepEqual([text(message), message?.descriptors.length, message?.descriptorsLost], ["x", 0, true]);
    assert.equal(openDescriptors(), before);
  });

  it("more descriptors than this process may have: MSG_CTRUNC is told, and none stays open", async () => {
    const source = `
      const [a, b] = ipc.socketpair({ type: "seqpacket" });
      const count = () => readdirSync("/proc/self/fd").length;
      const before = count();
      a.sendSync(new Uint8Array(1), { descriptors: Array(200).fill(0) });
      const { descriptors, descriptorsLost } = b.receiveSync();
      console.log(descriptors.length, descriptorsLost, count() - before);`;
    assert.equal(await runModule(source, { shell: "ulimit -n 120" }), "0 true 0");
  });

  it("refuses 254 descriptors, a closed one, and some without a byte of a stream", async () => {
    const [a] = pair("stream");
    const { reader, writer } = pipe();
    reader.close();
    writer.close();
    assert.throws(() => a.trySend(bytes("x"), { descriptors: Array<number>(254).fill(0) }), RangeError);
    assert.throws(() => a.trySend(bytes("x"), { descriptors: [reader] }), { code: "EBADF" });
    assert.throws(() => a.trySend(bytes(""), { descriptors: [0] }), RangeError);
    await assert.rejects(a.send(bytes("x"), { descriptors: [writer] }), { code: "EBADF" });
  });

  it("passCredentials tells who sends each message", () => {
    const [a, b] = pair("datagram");
    a.sendSync(bytes("x"));
    assert.equal(b.receiveSync().credentials, undefined);
    b.passCredentials = true;
    assert.equal(b.passCredentials, true);
    a.sendSync(bytes("x"));
    const expected = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
    assert.deepEqual(b.receiveSync().credentials, expected);
    assert.deepEqual(peerCredentials(b.fd), expected);
  });

  it("a path's mode is there from the start, and its file stays", () => {
    for (const [mode, expected] of [
      [undefined, 0o600],
      [0o640, 0o640],
    ] as const) {
      const socket = UnixDatagramSocket.bind(path, { mode });
      assert.equal(statSync(path).mode & 0o777, expected);
      assert.equal(socket.address, path);
      socket.close();
      assert.throws(() => UnixDatagramSocket.bind(path), { code: "EADDRINUSE", syscall: "bind" });
      rmSync(path);
    }
  });

  it("a datagram socket that is shut for reading seems readable and is not: a wait ends in time all the same", async () => {
    // In a process of its own: a thread that goes on looking hears of no time-out.
    const native = new URL("../../src/ipc/unix-native.js", import.meta.url).href;
    const result = await runModule(`
      import { unixNative } from ${JSON.stringify(native)};
      const [socket] = ipc.socketpair({ type: "datagram" });
      unixNative().shutdownSocket(socket.native, true, false);
      const codes = [String(socket.tryReceive())];
      try { socket.receiveSync({ timeoutMs: 5 }); } catch ({ code }) { codes.push(code); }
      console.log(codes.join());`);
    assert.equal(result, "undefined,ETIMEDOUT");
  });

  it("a sender waits for room in the receiver's queue, and for room in its own buffer", async () => {
    const receiver = open(UnixDatagramSocket.bind(path));
    for (const size of [1, 60_000]) {
      const sender = open(UnixDatagramSocket.open());
      let sent = 0;
      while (sender.trySend(new Uint8Array(size), { to: path })) sent += 1;
      await assert.rejects(sender.send(new Uint8Array(size), { to: path, timeoutMs: 20 }), { code: "ETIMEDOUT" });
      assert.throws(
        () => {
          sender.sendSync(new Uint8Array(size), { to: path, timeoutMs: 20 });
        },
        { code: "ETIMEDOUT" },
      );
      const aborted = new AbortController();
      const ended = sender.send(new Uint8Array(size), { to: path, signal: aborted.signal });
      aborted.abort(new Error("enough"));
      await assert.rejects(ended, { message: "enough" });
      const late = sender.send(new Uint8Array(size + 1), { to: path });
      for (let i = 0; i < sent; i += 1) assert.equal((await receiver.receive()).bytes.length, size);
      assert.equal((await receiver.receive()).bytes.length, size + 1);
      await late;
      assert.equal(receiver.tryReceive(), undefined);
    }
  });

  it("closing ends a sender's wait for another's queue", async () => {
    open(UnixDatagramSocket.bind(path));
    const sender = UnixDatagramSocket.open();
    while (sender.trySend(bytes("x"), { to: path }));
    const waiting = sender.send(bytes("x"), { to: path });
    sender.close();
    await assert.rejects(waiting, { code: "ECANCELED" });
  });

  it("a stream sends all, descriptors with the first byte alone", async () => {
    const [a, b] = pair("stream");
    const big = new Uint8Array(1_000_000).map((_, i) => i % 251);
    const sending = a.send(big, { descriptors: [0] });
    const parts: Uint8Array[] = [];
    let descriptors = 0;
    for (let size = 0; size < big.length;) {
      const message = await b.receive();
      assert(message !== null);
      descriptors += message.descriptors.length;
      message.close();
      parts.push(message.bytes);
      size += message.bytes.length;
    }
    await sending;
    assert.deepEqual(Buffer.concat(parts), Buffer.from(big));
    assert.equal(descriptors, 1);
    a.shutdown({ sending: true });
    assert.equal(await b.receive(), null);
    b.sendSync(bytes("still"));
    assert.equal(text(await a.receive()), "still");
  });

  it("fails as the system does", async () => {
    const socket = open(UnixDatagramSocket.open());
    const to = join(folder, "nobody");
    assert.throws(() => socket.trySend(bytes("x"), { to }), { code: "ENOENT", syscall: "sendmsg" });
    assert.throws(() => socket.trySend(bytes("x")), { code: "ENOTCONN" });
    const receiver = UnixDatagramSocket.bind(path);
    assert.throws(() => UnixSeqpacketSocket.tryConnect(path), { code: "EPROTOTYPE" });
    receiver.close();
    assert.throws(() => socket.trySend(bytes("x"), { to: path }), { code: "ECONNREFUSED" });
    await assert.rejects(UnixStreamSocket.connect(path), { code: "ECONNREFUSED", syscall: "connect" });
    assert.throws(() => UnixStreamServer.listen("x".repeat(108)), { code: "ENAMETOOLONG" });
    assert.throws(() => UnixStreamServer.listen({ abstract: "x".repeat(108) }), { code: "ENAMETOOLONG" });
    assert.throws(() => UnixStreamServer.listen(""), TypeError);
    assert.throws(() => UnixStreamServer.listen("\0x"), TypeError);
    assert.throws(() => socket.tryReceive({ maxBytes: 0 }), RangeError);
    assert.throws(() => socket.tryReceive({ maxDescriptors: -1 }), RangeError);
    const [a] = pair("seqpacket");
    assert.throws(() => a.trySend(new Uint8Array(10_000_000)), { code: "EMSGSIZE" });
    assert.throws(() => UnixDatagramSocket.adopt(-1), { code: "EBADF" });
  });

  it("an abstract name that is no UTF-8 is bytes, both ways", () => {
    const abstract = Uint8Array.of(0xff, 0, process.pid & 255, process.pid >> 8);
    const socket = open(UnixDatagramSocket.bind({ abstract }));
    assert.deepEqual(socket.address, { abstract });
    const sender = open(UnixDatagramSocket.bind());
    sender.sendSync(bytes("x"), { to: { abstract } });
    assert.deepEqual(socket.receiveSync().from, sender.address);
  });

  it("sockets and messages that are garbage close their descriptors", async () => {
    const source = `
      const count = () => readdirSync("/proc/self/fd").length;
      const use = () => {
        const [a, b] = ipc.socketpair({ type: "datagram" });
        a.sendSync(new Uint8Array(1), { descriptors: [0, 0, 0] });
        if (b.receiveSync().descriptors.length !== 3) throw new Error();
      };
      use();
      const before = count();
      for (let i = 0; i < 100; i += 1) use();
      for (let i = 0; i < 100 && count() > before; i += 1) {
        gc();
        await new Promise(setImmediate);
      }
      console.log(count() <= before);`;
    assert.equal(await runModule(source, { flags: ["--expose-gc"] }), "true");
  });
});

function readInfo(fd: number): string {
  return readFileSync(`/proc/self/fdinfo/${String(fd)}`, "utf8");
}

import assert from "node:assert/strict";
import { constants } from "node:buffer";
import { chmodSync, mkdtempSync, openSync, closeSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  futexWait,
  futexWaitSync,
  Mailbox,
  Memfd,
  mkfifo,
  pipe,
  ProcessHandle,
  Ring,
  socketpair,
  UdpSocket,
  UnixDatagramSocket,
  UnixSeqpacketServer,
  UnixSeqpacketSocket,
  UnixStreamServer,
  UnixStreamSocket,
} from "../../src/ipc/index.ts";
import { newSpinner } from "../../src/ipc/spinner.ts";
import { whyNoAddon } from "../native/addon.ts";
import { asSecondUser, whyNoSecondUser } from "./second-user.ts";
import { skipFor } from "./skip.ts";

/** What is refused, by what, and with which error. */
type Refusal = readonly [what: string, call: () => unknown, code: string];

/** Errors that the docstrings name, and that no primitive's own tests come to. */
describe("tsrpcgen/ipc: documented refusals", () => {
  let folder = "";
  const open: { close(): void }[] = [];

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "some are Linux's"));
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-refusals-"));
    // Another user comes in, and makes nothing.
    chmodSync(folder, 0o755);
  });

  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    rmSync(folder, { recursive: true });
  });

  function opened<T extends { close(): void }>(each: T): T {
    open.push(each);
    return each;
  }

  const path = (name: string): string => join(folder, name);
  const one = new Uint8Array(1);

  function refuse(refusals: readonly Refusal[]): void {
    for (const [what, call, code] of refusals) assert.throws(call, { code }, what);
  }

  it("UNIX sockets: an address that is taken, has no folder, is too long, or is of another type", () => {
    const kinds = [
      ["datagram", (at: string) => UnixDatagramSocket.bind(at)],
      ["seqpacket", (at: string) => UnixSeqpacketServer.listen(at)],
      ["stream", (at: string) => UnixStreamServer.listen(at)],
    ] as const;
    const connects = [
      ["seqpacket", (at: string) => UnixSeqpacketSocket.tryConnect(at), "datagram"],
      ["stream", (at: string) => UnixStreamSocket.tryConnect(at), "seqpacket"],
    ] as const;
    const long = path("x".repeat(108));
    for (const [kind, bind] of kinds) {
      opened(bind(path(kind)));
      refuse([
        [kind, () => bind(path(kind)), "EADDRINUSE"],
        [kind, () => bind(path("none/socket")), "ENOENT"],
        [kind, () => bind(long), "ENAMETOOLONG"],
      ]);
    }
    for (const [kind, connect, other] of connects) {
      refuse([
        [kind, () => connect(path("none")), "ENOENT"],
        [kind, () => connect(long), "ENAMETOOLONG"],
        [kind, () => connect(path(other)), "EPROTOTYPE"],
      ]);
    }
    for (const each of open.splice(0)) each.close();
    // Their files have stayed.
    for (const [kind, connect] of connects) refuse([[kind, () => connect(path(kind)), "ECONNREFUSED"]]);
  });

  it("a datagram socket: whom it can't reach, by connecting and by sending", () => {
    const socket = opened(UnixDatagramSocket.open());
    opened(UnixStreamServer.listen(path("stream")));
    UnixDatagramSocket.bind(path("closed")).close();
    const engaged = opened(UnixDatagramSocket.bind(path("engaged")));
    opened(UnixDatagramSocket.bind(path("other")));
    engaged.connect(path("other"));
    const connect = (name: string) => () => {
      socket.connect(path(name));
    };
    refuse([
      ["connect", connect("none"), "ENOENT"],
      ["connect", connect("closed"), "ECONNREFUSED"],
      ["connect", connect("stream"), "EPROTOTYPE"],
      ["connect", connect("engaged"), "EPERM"],
      ["send", () => socket.trySend(one, { to: path("none") }), "ENOENT"],
      ["send", () => socket.trySend(one, { to: path("closed") }), "ECONNREFUSED"],
      ["send", () => socket.trySend(one, { to: path("engaged") }), "EPERM"],
      ["send", () => socket.trySend(new Uint8Array(socket.sendBufferBytes + 1), { to: path("other") }), "EMSGSIZE"],
      ["send", () => socket.trySend(one), "ENOTCONN"],
    ]);
  });

  it("connected sockets: a peer that has closed, also with our message unread; one that receives no more", async () => {
    for (const type of ["stream", "seqpacket"] as const) {
      const [left, right] = socketpair({ type });
      opened(left);
      assert(left.trySend(one));
      right.close();
      assert.throws(() => left.tryReceive(), { code: "ECONNRESET", syscall: "recvmsg" }, type);
      assert.throws(() => left.trySend(one), { code: "EPIPE", syscall: "sendmsg" });
      await assert.rejects(left.send(one), { code: "EPIPE" });
      assert.throws(
        () => {
          left.sendSync(one);
        },
        { code: "EPIPE" },
      );
      const [sends, receives] = socketpair({ type });
      opened(sends);
      opened(receives).shutdown({ receiving: true });
      assert.throws(() => sends.trySend(one), { code: "EPIPE" });
    }
    const [seqpacket] = socketpair({ type: "seqpacket" });
    const big = new Uint8Array(opened(seqpacket).sendBufferBytes + 1);
    assert.throws(() => seqpacket.trySend(big), { code: "EMSGSIZE", syscall: "sendmsg" });
  });

  it("adopting what is no socket, or not open: it stays the caller's", () => {
    const file = openSync(path("file"), "w");
    refuse([
      ["seqpacket", () => UnixSeqpacketSocket.adopt(-1), "EBADF"],
      ["stream", () => UnixStreamSocket.adopt(-1), "EBADF"],
      ["datagram", () => UnixDatagramSocket.adopt(-1), "EBADF"],
      ["udp", () => UdpSocket.adopt(-1), "EBADF"],
      ["no socket", () => UnixSeqpacketSocket.adopt(file), "ENOTSOCK"],
    ]);
    // Still open.
    closeSync(file);
  });

  it("a name where no FIFO can be made; a broadcast; a thread's number", function () {
    const socket = opened(UdpSocket.bind({ address: "127.0.0.1" }));
    refuse([
      [
        "mkfifo",
        () => {
          mkfifo(path("none/fifo"));
        },
        "ENOENT",
      ],
      ["broadcast", () => socket.trySend(one, { address: "127.255.255.255", port: 9 }), "EACCES"],
    ]);
    const thread = readdirSync("/proc/self/task").find((task) => Number(task) !== process.pid);
    assert(thread !== undefined);
    assert.throws(() => ProcessHandle.open(Number(thread)), /^Error: (EINVAL|ENOENT): .*pidfd_open/);
  });

  it("what is closed, or lies beyond the memory", async () => {
    using memory = Memfd.create("refusals", { size: 4096 });
    const mapping = memory.map();
    const words = { word: 0, ownProcessor: 1, peerProcessor: 2 };
    refuse([["a word beyond", () => newSpinner(mapping, { ...words, word: 1024 }), "EINVAL"]]);
    using reading = memory.map({ readOnly: true });
    refuse([["to be written", () => newSpinner(reading, words), "EINVAL"]]);
    mapping.close();
    refuse([
      ["futex", () => futexWaitSync(mapping, 0, 0), "EBADF"],
      ["spinner", () => newSpinner(mapping, words), "EBADF"],
    ]);
    await assert.rejects(futexWait(mapping, 0, 0), { code: "EBADF" });
    const name = `refusals-${process.pid}`;
    const box = Mailbox.open(name, { create: true, exclusive: true });
    Mailbox.unlink(name);
    box.close();
    refuse([
      ["mailbox", () => box.trySend(one), "EBADF"],
      ["mailbox", () => box.tryReceive(), "EBADF"],
      [
        "mailbox",
        () => {
          box.sendSync(one);
        },
        "EBADF",
      ],
      ["mailbox", () => box.receiveSync(), "EBADF"],
    ]);
    await assert.rejects(box.send(one), { code: "EBADF" });
    await assert.rejects(box.receive(), { code: "EBADF" });
  });

  it("a ring: too long, without a place, of another PID namespace", () => {
    using memory = Memfd.create("refusals", { size: 2 ** 34 + 2 ** 20 });
    using mapping = memory.map();
    const format = (length?: number) => () => {
      Ring.format(mapping, { length });
    };
    refuse([["more than 16 GiB", format(), "EINVAL"]]);
    format(65_536)();
    // Newer Nodes have buffers of any length.
    if (mapping.byteLength > constants.MAX_LENGTH)
      refuse([["more than a buffer has", () => Ring.open(mapping), "ERR_BUFFER_TOO_LARGE"]]);
    // native/src/ring/layout.h: behind 32 bytes, the inode of the namespace.
    using part = memory.map({ length: 65_536 });
    // Nobody was attached: behind the header and the ends, the first slot's owner.
    assert.equal(new DataView(part.buffer).getBigUint64(640, true), 0n);
    Ring.open(part).close();
    const namespace = new DataView(part.buffer, 32, 8);
    namespace.setBigUint64(0, namespace.getBigUint64(0, true) ^ 1n, true);
    using reading = memory.map({ readOnly: true, length: 65_536 });
    refuse([
      ["another namespace", () => Ring.open(part), "ENOTSUP"],
      ["not aligned", () => Ring.open(part, { offset: 8 }), "EINVAL"],
      ["beyond", () => Ring.open(part, { offset: 65_536 }), "EINVAL"],
      ["for reading", () => Ring.open(reading), "EINVAL"],
    ]);
  });

  it("what only the privileged may", function () {
    skipFor(this, whyNoSecondUser());
    const { reader, writer } = pipe();
    opened(reader);
    opened(writer);
    asSecondUser(() => {
      refuse([
        ["capacity", () => writer.setCapacity(2 ** 25), "EPERM"],
        [
          "mkfifo",
          () => {
            mkfifo(path("fifo"));
          },
          "EACCES",
        ],
        ["port", () => UdpSocket.bind({ address: "127.0.0.1", port: 80 }), "EACCES"],
        ["datagram", () => UnixDatagramSocket.bind(path("his")), "EACCES"],
        ["seqpacket", () => UnixSeqpacketServer.listen(path("his")), "EACCES"],
        ["stream", () => UnixStreamServer.listen(path("his")), "EACCES"],
      ]);
    });
    assert.deepEqual(readdirSync(folder), []);
  });
});

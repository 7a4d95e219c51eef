import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  fifo,
  Mailbox,
  mapFile,
  mkfifo,
  PosixMessageQueue,
  PosixSemaphore,
  PosixSharedMemory,
  Ring,
  UnixDatagramSocket,
  UnixSeqpacketServer,
  UnixSeqpacketSocket,
  UnixStreamServer,
  UnixStreamSocket,
} from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { startScript } from "./node-script.ts";
import { asSecondUser, whyNoSecondUser } from "./second-user.ts";
import { skipFor } from "./skip.ts";

// System V: beside their other tests, where a C program is the other user. What has no name others can't reach at all.
describe("what has a name, and another user", () => {
  const name = `/tsrpcgen-second-${String(process.pid)}`;
  let folder = "";
  let path = "";

  before(function () {
    skipFor(this, whyNoAddon() ?? whyNoSecondUser() ?? (process.platform === "linux" ? undefined : "Linux's rules"));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-second-"));
    // He comes in: it is the object itself that is to keep him out.
    chmodSync(folder, 0o755);
    path = join(folder, "object");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const kind of [PosixMessageQueue, PosixSemaphore, PosixSharedMemory]) {
      try {
        kind.unlink(name);
      } catch {
        // Not of this test.
      }
    }
  });

  function refused(call: () => unknown, code = "EACCES"): void {
    asSecondUser(() => {
      assert.throws(call, { code });
    });
  }

  it("POSIX shared memory: neither opened, nor removed; read alone where the mode says so", () => {
    using memory = PosixSharedMemory.open(name, { create: true, size: 4096 });
    refused(() => PosixSharedMemory.open(name));
    refused(() => PosixSharedMemory.open(name, { readOnly: true }));
    refused(() => PosixSharedMemory.open(name, { create: true, size: 0 }));
    refused(() => {
      PosixSharedMemory.unlink(name);
    });
    assert.equal(memory.size, 4096);
    chmodSync(`/dev/shm${name}`, 0o604);
    refused(() => PosixSharedMemory.open(name));
    asSecondUser(() => {
      using his = PosixSharedMemory.open(name, { readOnly: true });
      assert.equal(his.size, 4096);
      assert.throws(
        () => {
          his.resize(0);
        },
        { code: "EINVAL" },
      );
    });
  });

  it("a POSIX message queue: neither opened in any way, nor removed", () => {
    const options = { create: true, maxMessages: 2, maxMessageBytes: 16 };
    using queue = PosixMessageQueue.open(name, options);
    for (const access of [{}, { access: "receive" }, { access: "send" }] as const)
      refused(() => PosixMessageQueue.open(name, access));
    refused(() => PosixMessageQueue.open(name, options));
    refused(() => {
      PosixMessageQueue.unlink(name);
    });
    assert.equal(queue.tryReceive(), undefined);
  });

  it("a ring in POSIX shared memory: not used; not even for reading by who may only read", () => {
    using memory = PosixSharedMemory.open(name, { create: true, size: Ring.bytesFor(1000) });
    using mapping = memory.map();
    Ring.format(mapping);
    using ring = Ring.open(mapping);
    assert(ring.tryPush(Uint8Array.of(1)));
    refused(() => PosixSharedMemory.open(name));
    chmodSync(`/dev/shm${name}`, 0o604);
    asSecondUser(() => {
      using his = PosixSharedMemory.open(name, { readOnly: true });
      using seen = his.map();
      assert.throws(() => Ring.open(seen), { code: "EINVAL" });
      assert.throws(
        () => {
          Ring.format(seen);
        },
        { code: "EINVAL" },
      );
      // What is written into a mapping for reading stays with who writes.
      seen.bytes.fill(0xff);
    });
    assert.deepEqual([ring.length, ring.tryPop()], [1, Uint8Array.of(1)]);
  });

  for (const capacity of [0, { bytes: 1000 }, "unbounded"] as const) {
    it(`a mailbox of capacity ${JSON.stringify(capacity)}: neither opened, nor removed; used where the mode says so`, () => {
      const mailbox = name.slice(1);
      const options = { create: true, capacity, directory: folder, maxBytes: 1000 };
      const use = (box: Mailbox): void => {
        assert.deepEqual(
          [box.trySend(Uint8Array.of(2)), box.tryReceive()],
          capacity === 0 ? [false, undefined] : [true, Uint8Array.of(2)],
        );
      };
      try {
        using box = Mailbox.open(mailbox, options);
        refused(() => Mailbox.open(mailbox));
        refused(() => Mailbox.open(mailbox, options));
        refused(() => {
          Mailbox.unlink(mailbox);
        });
        use(box);
        const files = [
          `/dev/shm/tsrpcgen-mailbox.${mailbox}`,
          ...readdirSync(folder).map((file) => join(folder, file)),
        ];
        for (const file of files) chmodSync(file, 0o604);
        refused(() => Mailbox.open(mailbox));
        for (const file of files) chmodSync(file, 0o606);
        asSecondUser(() => {
          using his = Mailbox.open(mailbox);
          use(his);
        });
        assert.equal(box.length, 0);
      } finally {
        Mailbox.unlink(mailbox);
      }
    });
  }

  it("a signal: neither sent, nor asked for; a process is seen to live", async () => {
    const source = `
      const attempt = (call) => { try { call(); return "sent"; } catch (error) { return error.code; } };
      const parent = ipc.ProcessHandle.open(process.ppid);
      console.log([
        attempt(() => ipc.kill(process.ppid, "SIGUSR1")),
        attempt(() => ipc.kill(process.ppid, 0)),
        attempt(() => ipc.sigqueue(process.ppid, "SIGUSR1", 1)),
        attempt(() => parent.sendSignal("SIGUSR1")),
        ipc.isAlive(process.ppid),
      ].join(" "));`;
    // A real uid, too, is not ours: with it he could.
    const child = startScript(`process.setgroups([]); process.setgid(65534); process.setuid(65534); ${source}`, [
      "ignore",
      "pipe",
      "inherit",
    ]);
    assert(child.stdout !== null);
    child.stdout.setEncoding("utf8");
    const [text] = (await once(child.stdout, "data")) as [string];
    assert.equal(text, "EPERM EPERM EPERM EPERM true\n");
  });

  it("a POSIX semaphore: neither opened, nor removed", () => {
    using semaphore = PosixSemaphore.open(name, { create: true, value: 1 });
    refused(() => PosixSemaphore.open(name));
    refused(() => PosixSemaphore.open(name, { create: true, value: 9 }));
    refused(() => {
      PosixSemaphore.unlink(name);
    });
    assert.equal(semaphore.value, 1);
  });

  it("a FIFO: neither end opened; each where the mode says so", () => {
    mkfifo(path);
    using reader = fifo.tryOpenReader(path);
    refused(() => fifo.tryOpenReader(path));
    refused(() => fifo.tryOpenWriter(path));
    refused(() => fifo.openWriterSync(path, { timeoutMs: 0 }));
    chmodSync(path, 0o602);
    refused(() => fifo.tryOpenReader(path));
    asSecondUser(() => {
      using writer = fifo.tryOpenWriter(path);
      assert.equal(writer?.tryWrite(Uint8Array.of(1)), 1);
    });
    assert.deepEqual([...(reader.tryRead() ?? [])], [1]);
  });

  it("a UNIX socket of each type: nobody connects or sends", () => {
    using stream = UnixStreamServer.listen(path);
    refused(() => UnixStreamSocket.tryConnect(path));
    refused(() => UnixStreamSocket.connectSync(path, { timeoutMs: 0 }));
    assert.equal(stream.tryAccept(), undefined);
    using packets = UnixSeqpacketServer.listen(`${path}.s`);
    refused(() => UnixSeqpacketSocket.tryConnect(`${path}.s`));
    assert.equal(packets.tryAccept(), undefined);
    using datagrams = UnixDatagramSocket.bind(`${path}.d`);
    asSecondUser(() => {
      using his = UnixDatagramSocket.bind();
      assert.throws(() => his.trySend(Uint8Array.of(1), { to: `${path}.d` }), { code: "EACCES" });
    });
    assert.equal(datagrams.tryReceive(), undefined);
    refused(() => UnixStreamServer.listen(join(folder, "his")));
    chmodSync(path, 0o602);
    asSecondUser(() => {
      UnixStreamSocket.tryConnect(path)?.close();
    });
    stream.acceptSync({ timeoutMs: 5000 }).close();
  });

  it("an abstract name, which has no mode: anyone connects, and the server sees who it is", () => {
    const address = { abstract: `tsrpcgen-second-${String(process.pid)}` };
    using server = UnixStreamServer.listen(address, { mode: 0 });
    asSecondUser(() => {
      UnixStreamSocket.tryConnect(address)?.close();
    });
    server.acceptSync({ timeoutMs: 5000 }).close();
  });

  it("a mapped file: not mapped; for reading alone where the mode says so", () => {
    writeFileSync(path, "text", { mode: 0o600 });
    refused(() => mapFile(path));
    refused(() => mapFile(path, { readOnly: true }));
    chmodSync(path, 0o604);
    refused(() => mapFile(path));
    asSecondUser(() => {
      using his = mapFile(path, { readOnly: true });
      assert.equal(his.byteLength, 4);
    });
  });
});

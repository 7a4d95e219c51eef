import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { addon } from "../../src/ipc/addon.ts";
import type { NativeDescriptor } from "../../src/ipc/handle.ts";
import { pipe, PipeReader, socketpair, UnixStreamSocket, type PipeWriter } from "../../src/ipc/index.ts";
import { Readiness } from "../../src/ipc/readiness.ts";
import { moduleUrl, openDescriptors, runModule, skipUnlessIpc } from "./descriptors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (read: Uint8Array | null): string | null => read && new TextDecoder().decode(read);

describe("Readiness", () => {
  let reader: PipeReader;
  let writer: PipeWriter;

  before(skipUnlessIpc);
  beforeEach(() => {
    ({ reader, writer } = pipe());
  });
  afterEach(() => {
    reader.close();
    writer.close();
  });

  it("who waits is served in the order of coming, each with a part", async () => {
    const order: string[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      order.push(`${n}${String(text(await reader.read({ maxBytes: 1 })))}`);
    });
    writer.writeSync(bytes("ab"));
    await Promise.all(waiting.slice(0, 2));
    // Who comes now is behind the third, though there is something to read.
    const fourth = reader.read({ maxBytes: 1 });
    writer.writeSync(bytes("cd"));
    assert.equal(text(await fourth), "d");
    await Promise.all(waiting);
    assert.deepEqual(order, ["1a", "2b", "3c"]);
  });

  it("both directions at once, and a wait in one is not ended by the other", async () => {
    const [a, b] = socketpair();
    while (a.trySend(new Uint8Array(65_536)) !== undefined);
    const sending = a.send(bytes("late"));
    const receiving = [a.receive({ maxBytes: 1 }), a.receive({ maxBytes: 1 })];
    b.sendSync(bytes("12"));
    assert.deepEqual(
      (await Promise.all(receiving)).map((message) => message && text(message.bytes)),
      ["1", "2"],
    );
    const third = a.receive();
    let last: Uint8Array = bytes("");
    for (let end = false; !end; end = text(last.slice(-4)) === "late") last = (await b.receive())?.bytes ?? last;
    await sending;
    b.sendSync(bytes("3"));
    assert.equal(text((await third)?.bytes ?? null), "3");
    a.close();
    b.close();
  });

  it("close ends every wait with ECANCELED; a wait after it fails with EBADF", async () => {
    const [a, b] = socketpair();
    while (a.trySend(new Uint8Array(65_536)) !== undefined);
    const waits = [a.receive(), a.receive(), a.send(bytes("x"))];
    a.close();
    a.close();
    const ends = await Promise.allSettled(waits);
    assert.deepEqual(
      ends.map((end) => end.status === "rejected" && (end.reason as { code: string; syscall: string }).syscall),
      ["recvmsg", "recvmsg", "sendmsg"],
    );
    for (const wait of waits) await assert.rejects(wait, { code: "ECANCELED" });
    await assert.rejects(a.receive(), { code: "EBADF", syscall: "recvmsg" });
    await assert.rejects(a.receive({ timeoutMs: 10 }), { code: "EBADF" });
    b.close();
    // One that has never waited before it was closed.
    assert.throws(() => reader.tryRead({ maxBytes: -1 }), RangeError);
    reader.close();
    await assert.rejects(reader.read(), { code: "EBADF", syscall: "read" });
  });

  it("release ends every wait, and the descriptor stays open", async () => {
    const waiting = reader.read();
    const fd = reader.release();
    await assert.rejects(waiting, { code: "ECANCELED" });
    assert.equal(reader.closed, true);
    const again = PipeReader.adopt(fd);
    writer.writeSync(bytes("x"));
    assert.equal(text(await again.read()), "x");
    again.close();
  });

  it("who gives up takes nothing: the next gets it; and leaves no listener", async () => {
    const aborted = new AbortController();
    const first = reader.read({ signal: aborted.signal });
    const second = reader.read({ timeoutMs: 5_000 });
    const reason = new Error("enough");
    aborted.abort(reason);
    writer.writeSync(bytes("x"));
    await assert.rejects(first, reason);
    assert.equal(text(await second), "x");
    await assert.rejects(reader.read({ signal: aborted.signal }), reason);
    await assert.rejects(reader.read({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "read" });
    await assert.rejects(reader.read({ timeoutMs: -1 }), RangeError);
    writer.writeSync(bytes("y"));
    assert.equal(text(await reader.read({ timeoutMs: 0 })), "y");
  });

  it("what came in time is taken, also where the loop was too busy to see it", async () => {
    const waiting = reader.read({ timeoutMs: 100 });
    await new Promise((resolve) => setImmediate(resolve));
    writer.writeSync(bytes("x"));
    for (const end = performance.now() + 110; performance.now() < end;);
    assert.equal(text(await waiting), "x");
  });

  it("who reads in a loop what is always there lets others have their turn", async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    for (let n = 0; n < 1000; n += 1) {
      writer.writeSync(bytes("x"));
      await reader.read();
    }
    assert(turned, "the loop had no turn");
  });

  it("a descriptor that can't be polled rejects, and leaves nobody waiting", async () => {
    const { Descriptor } = addon() as { Descriptor: new (fd: number) => NativeDescriptor };
    const { open } = await import("node:fs/promises");
    const file = await open(process.execPath);
    const descriptor = new Descriptor(
      (addon() as { duplicateDescriptor(fd: number): number }).duplicateDescriptor(file.fd),
    );
    await file.close();
    const readiness = new Readiness(descriptor);
    let attempts = 0;
    const attempt = (): undefined => void (attempts += 1);
    for (let i = 0; i < 2; i += 1)
      await assert.rejects(readiness.wait("readable", "read", {}, attempt), { code: "EPERM", syscall: "poll" });
    assert.equal(attempts, 2);
    descriptor.close();
  });

  it("what a callback throws is an uncaught exception, and the handle goes on", async () => {
    const source = `
      const { reader, writer } = ipc.pipe();
      process.once("uncaughtException", (error) => console.log(error.message));
      const waiting = reader.read();
      const serve = reader.native.onReady;
      reader.native.onReady = () => {
        reader.native.onReady = serve;
        throw new Error("thrown");
      };
      writer.writeSync(new Uint8Array(3));
      console.log((await waiting).length);`;
    assert.equal(await runModule(source), "thrown\n3");
  });

  it("garbage with nobody waiting closes its descriptor; with someone waiting it stays", async () => {
    const source = `
      const count = () => readdirSync("/proc/self/fd").length;
      const kept = ipc.pipe().writer;
      let served;
      const waitInVain = () => {
        const { reader, writer } = ipc.pipe();
        served = reader.read();
        return writer;
      };
      const writer = waitInVain();
      const use = async () => {
        const { reader, writer } = ipc.pipe();
        const first = reader.read();
        writer.writeSync(new Uint8Array(1));
        await first;
        await reader.read({ timeoutMs: 0 }).catch(() => 0); // the loop watches it now
      };
      await use();
      const before = count();
      for (let i = 0; i < 100; i += 1) await use();
      for (let i = 0; i < 100 && count() > before; i += 1) {
        gc();
        await new Promise(setImmediate);
      }
      const flat = count() <= before;
      writer.writeSync(new Uint8Array(2));
      console.log(flat, (await served).length);`;
    assert.equal(await runModule(source, { flags: ["--expose-gc"] }), "true 2");
  });

  it("a wait keeps the process alive; what nobody waits for does not; exit with waits pending is clean", async () => {
    assert.equal(
      await runModule(`
        const { reader, writer } = ipc.pipe();
        const waiting = reader.read();
        const worker = new (await import("node:worker_threads")).Worker(
          \`import("node:fs").then((fs) => fs.writeSync(\${writer.fd}, "x"))\`, { eval: true });
        worker.unref();
        console.log((await waiting).length);
        reader.read({ timeoutMs: 0 }).catch((error) => console.log(error.code));`),
      "1\nETIMEDOUT",
    );
    assert.equal(
      await runModule(`
        const handles = Array.from({ length: 20 }, () => ipc.pipe());
        for (const { reader } of handles) reader.read();
        const [a] = ipc.socketpair({ type: "seqpacket" });
        a.receive();
        setImmediate(() => { console.log("exits"); process.exit(0); });`),
      "exits",
    );
  });

  it("a worker that is terminated with waits pending closes all that is its own", async () => {
    const url = moduleUrl(`
      import { parentPort } from "node:worker_threads";
      const pipes = Array.from({ length: 5 }, () => ipc.pipe());
      for (const { reader } of pipes) reader.read().catch(() => 0);
      const [a, b] = ipc.socketpair({ type: "seqpacket" });
      a.receive();
      const c = ipc.UnixDatagramSocket.bind();
      c.receive();
      b.sendSync(new Uint8Array(1), { descriptors: [a, b] });
      const server = ipc.UnixSeqpacketServer.listen(undefined, { backlog: 0 });
      const client = ipc.UnixSeqpacketSocket.tryConnect(server.address);
      ipc.UnixSeqpacketSocket.connect(server.address);
      // A server that is garbage closes, and refuses who waits for it.
      globalThis.kept = [pipes, a, b, c, server, client];
      setImmediate(() => parentPort.postMessage("waits"));`);
    const round = async (): Promise<void> => {
      const worker = new Worker(url);
      const exited = once(worker, "exit");
      await once(worker, "message");
      await worker.terminate();
      await exited;
    };
    await round();
    const before = openDescriptors();
    for (let i = 0; i < 20; i += 4) await Promise.all([round(), round(), round(), round()]);
    // Others open files for a moment, on whatever thread: a sanitizer, and who reads the source of an error's line.
    for (const end = performance.now() + 5000; performance.now() < end && openDescriptors() > before;)
      await new Promise((resolve) => setImmediate(resolve));
    assert(openDescriptors() <= before, `${openDescriptors()} descriptors, ${before} before`);
  }).timeout(30_000);

  it("ten thousand waits leave as many descriptors as there were", async () => {
    const before = openDescriptors();
    for (let i = 0; i < 10_000; i += 1) {
      const waiting = reader.read();
      writer.tryWrite(bytes("x"));
      await waiting;
    }
    for (let i = 0; i < 100; i += 1) {
      const [a, b] = socketpair();
      const waiting = a.receive();
      b.close();
      assert.equal(await waiting, null);
      a.close();
    }
    assert.equal(openDescriptors(), before);
    assert.throws(() => UnixStreamSocket.adopt(1e9), { code: "EBADF" });
  });
});

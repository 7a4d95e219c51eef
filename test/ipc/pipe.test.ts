import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fifo, mkfifo, pipe, PIPE_BUF, PipeReader, type DescriptorHandle } from "../../src/ipc/index.ts";
import { CPeer, cProgram } from "./c-peer.ts";
import { openDescriptors, skipUnlessIpc } from "./descriptors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (read: Uint8Array | null | undefined): string | null | undefined => read && new TextDecoder().decode(read);

describe("pipes and FIFOs", () => {
  const opened: DescriptorHandle[] = [];
  const open = <T extends DescriptorHandle>(handle: T): T => {
    opened.push(handle);
    return handle;
  };
  const newPipe = (): ReturnType<typeof pipe> => {
    const { reader, writer } = pipe();
    return { reader: open(reader), writer: open(writer) };
  };

  before(skipUnlessIpc);
  afterEach(() => {
    for (const handle of opened.splice(0)) handle.close();
  });

  it("a pipe's end is a child's standard input, which waits there, and its descriptor 3", async () => {
    const { reader, writer } = newPipe();
    // Ours is non-blocking, theirs is not: the ends are different open files.
    await writer.write(bytes("hello "));
    const child = spawn(await cProgram("pipe"), ["cat"], { stdio: [reader.fd, "pipe", "inherit"] });
    assert(child.stdout !== null);
    reader.close();
    const [first] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(first.toString(), "hello ");
    const rest = textOf(child.stdout);
    assert.equal(writer.tryWrite(bytes("my ")), 3);
    writer.writeSync(bytes("child"));
    writer.close();
    assert.equal(await rest, "my child|end\n");
  });

  it("several writers in C: PIPE_BUF bytes are never mixed; then the end", async () => {
    const { reader, writer } = newPipe();
    const peers = await Promise.all(
      ["a", "b", "c"].map((letter) => CPeer.start("pipe", ["write", 100, letter], { descriptors: [writer.fd] })),
    );
    writer.close();
    const all: Uint8Array[] = [];
    for (let read; (read = await reader.read()) !== null;) all.push(read);
    const stream = Buffer.concat(all);
    assert.equal(stream.length, 300 * PIPE_BUF);
    for (let at = 0; at < stream.length; at += PIPE_BUF)
      assert.equal(new Set(stream.subarray(at, at + PIPE_BUF)).size, 1, `a mixture at ${at}`);
    assert.deepEqual(await Promise.all(peers.map((peer) => peer.exit())), [0, 0, 0]);
    assert.equal(reader.tryRead(), null);
    assert.equal(reader.readSync(), null);
  });

  it("a write larger than the pipe arrives whole, in all forms, and writes of one handle keep their order", async () => {
    const { reader, writer } = newPipe();
    const big = new Uint8Array(300_000).fill(1);
    const writing = [writer.write(big), writer.write(new Uint8Array(100_000).fill(2))];
    const parts: Uint8Array[] = [];
    for (let size = 0; size < 400_000; size += parts.at(-1)?.length ?? 0) parts.push((await reader.read()) ?? big);
    await Promise.all(writing);
    const stream = Buffer.concat(parts);
    assert.equal(stream.indexOf(2), 300_000);
    assert.equal(stream.lastIndexOf(1), 299_999);
    const child = spawn(await cProgram("pipe"), ["cat"], { stdio: [reader.fd, "pipe", "inherit"] });
    assert(child.stdout !== null);
    reader.close();
    const rest = textOf(child.stdout);
    writer.writeSync(new Uint8Array(200_000).fill(120), { timeoutMs: 5_000 });
    writer.close();
    assert.equal((await rest).length, 200_000 + "|end\n".length);
  });

  it("a write that ends in the middle tells how far it came", async () => {
    const { reader, writer } = newPipe();
    const capacity = writer.capacity;
    const big = new Uint8Array(capacity + 1);
    await assert.rejects(writer.write(big, { timeoutMs: 10 }), { code: "ETIMEDOUT", bytesWritten: capacity });
    assert.equal(writer.tryWrite(big), undefined);
    assert.throws(
      () => {
        writer.writeSync(big, { timeoutMs: 5 });
      },
      { code: "ETIMEDOUT", bytesWritten: 0 },
    );
    const reason = Object.freeze(new Error("enough"));
    await assert.rejects(writer.write(big, { signal: AbortSignal.abort(reason) }), reason);
    reader.close();
    assert.throws(() => writer.tryWrite(big), { code: "EPIPE", syscall: "write" });
    await assert.rejects(writer.write(big), { code: "EPIPE", bytesWritten: 0 });
    assert.throws(
      () => {
        writer.writeSync(big);
      },
      { code: "EPIPE" },
    );
  });

  it("capacity", () => {
    const { reader, writer } = newPipe();
    assert.equal(reader.capacity, 65_536);
    assert.equal(writer.setCapacity(5_000), 8_192);
    assert.equal(reader.capacity, 8_192);
    writer.writeSync(new Uint8Array(8_192));
    assert.throws(() => writer.setCapacity(4_096), { code: "EBUSY", syscall: "fcntl" });
    assert.equal(reader.tryRead({ maxBytes: 10 })?.length, 10);
    assert.equal(reader.tryRead()?.length, 8_182);
    assert.equal(reader.tryRead(), undefined);
    assert.throws(() => reader.tryRead({ maxBytes: 0 }), RangeError);
  });

  describe("FIFOs", () => {
    let folder: string;
    let path: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fifo-"));
      path = join(folder, "fifo");
      mkfifo(path);
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it("mkfifo: its mode, and who is there already", () => {
      assert.equal(statSync(path).mode, 0o010600);
      assert.throws(
        () => {
          mkfifo(path);
        },
        { code: "EEXIST", syscall: "mkfifo" },
      );
    });

    it("C writes, we read, in all forms; opening waits for the other end", async () => {
      const reading = fifo.openReader(path);
      await using first = await CPeer.start("pipe", ["say", path, "one"]);
      const reader = open(await reading);
      assert.equal(await first.exit(), 0);
      assert.equal(text(await reader.read()), "one");
      assert.equal(await reader.read(), null);
      await using second = await CPeer.start("pipe", ["say", path, "two"]);
      assert.equal(await second.exit(), 0);
      assert.equal(text(reader.readSync()), "two");
      reader.close();
      await using third = await CPeer.start("pipe", ["say", path, "three"]);
      const sync = open(fifo.openReaderSync(path));
      assert.equal(await third.exit(), 0);
      assert.equal(text(sync.tryRead()), "three");
    });

    it("we write, C reads", async () => {
      assert.equal(fifo.tryOpenWriter(path), undefined);
      const writing = fifo.openWriter(path);
      await using peer = await CPeer.start("pipe", ["read", path]);
      const writer = open(await writing);
      await writer.write(bytes("one "));
      const second = open(fifo.openWriterSync(path));
      second.writeSync(bytes("two"));
      const third = fifo.tryOpenWriter(path);
      assert.equal(third?.tryWrite(bytes(" three")), 6);
      for (const handle of [writer, second, third]) handle.close();
      assert.equal(await peer.line(), "one two three|end");
    });

    it("a reader that is open before any writer: null at once, and a read that waits for one", async () => {
      const reader = open(fifo.tryOpenReader(path));
      assert.equal(reader.tryRead(), null);
      const writer = open(fifo.openWriterSync(path));
      assert.equal(reader.tryRead(), undefined);
      writer.writeSync(bytes("x"));
      assert.equal(text(await reader.read()), "x");
    });

    it("a wait for the other end ends by time and signal, and leaves nothing open", async () => {
      const before = openDescriptors();
      for (const form of [fifo.openReader, fifo.openWriter]) {
        await assert.rejects(form(path, { timeoutMs: 10 }), { code: "ETIMEDOUT", syscall: "open" });
        const aborted = new AbortController();
        const waiting = form(path, { signal: aborted.signal });
        aborted.abort(new Error("enough"));
        await assert.rejects(waiting, { message: "enough" });
      }
      assert.throws(() => fifo.openReaderSync(path, { timeoutMs: 10 }), { code: "ETIMEDOUT" });
      assert.throws(() => fifo.openWriterSync(path, { timeoutMs: 10 }), { code: "ETIMEDOUT" });
      assert.equal(openDescriptors(), before);
    });

    it("EINVAL: a path that is no FIFO, in all forms; not even a socket or a device", async () => {
      const file = join(folder, "file");
      writeFileSync(file, "precious");
      const socket = join(folder, "socket");
      const server = createServer().listen(socket);
      await once(server, "listening");
      const error = { code: "EINVAL", syscall: "open" };
      for (const other of [file, folder, socket, "/dev/null"]) {
        assert.throws(() => fifo.tryOpenReader(other), error);
        assert.throws(() => fifo.tryOpenWriter(other), error);
        await assert.rejects(fifo.openReader(other), error);
        await assert.rejects(fifo.openWriter(other), error);
        assert.throws(() => fifo.openReaderSync(other), error);
        assert.throws(() => fifo.openWriterSync(other), error);
      }
      server.close();
      assert.throws(() => fifo.tryOpenReader(join(folder, "none")), { code: "ENOENT", syscall: "open" });
    });
  });

  it("adopt takes over a number, and another handle's", async () => {
    const { reader, writer } = pipe();
    writer.writeSync(bytes("x"));
    writer.close();
    const waiting = reader.read();
    assert.equal(text(await waiting), "x");
    const adopted = PipeReader.adopt(reader);
    assert.equal(reader.closed, true);
    const again = PipeReader.adopt(adopted.release());
    assert.equal(await again.read(), null);
    again.close();
    assert.throws(() => PipeReader.adopt(adopted), { code: "EBADF" });
  });
});

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Mailbox, PosixSharedMemory, type MailboxOptions } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { ipcUrl } from "./script.ts";
import { skipFor } from "./skip.ts";

describe("Mailbox", () => {
  const name = `test-${process.pid}`;
  let folder: string;
  let boxes: Mailbox[] = [];
  let children: ChildProcess[] = [];

  before(function () {
    skipFor(this, whyNoAddon());
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-mailbox-"));
  });

  afterEach(async () => {
    for (const child of children) await kill(child);
    children = [];
    for (const box of boxes) box.close();
    boxes = [];
    try {
      Mailbox.unlink(name);
    } catch {
      // The test has.
    }
    rmSync(folder, { recursive: true });
  });

  function open(options: MailboxOptions = {}): Mailbox {
    const box = Mailbox.open(name, { create: true, directory: folder, ...options });
    boxes.push(box);
    return box;
  }

  /** A process with `box`, the mailbox. It has said "ready". */
  async function start(body: string): Promise<{ child: ChildProcess; line: () => Promise<string> }> {
    const source = `
      const { Mailbox } = await import(${JSON.stringify(ipcUrl)});
      const box = Mailbox.open(${JSON.stringify(name)});
      const say = (text) => new Promise((said) => process.stdout.write(text + "\\n", said));
      const text = (bytes) => Buffer.from(bytes).toString();
      await say("ready");
      ${body}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async (): Promise<string> => String((await lines.next()).value);
    assert.equal(await line(), "ready");
    return { child, line };
  }

  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const text = (message: Uint8Array | undefined): string | undefined => message && new TextDecoder().decode(message);

  describe("by name", () => {
    it("is made, found, and removed", () => {
      assert.throws(() => Mailbox.open(name), { code: "ENOENT", syscall: "shm_open" });
      const box = open();
      assert.throws(() => open({ exclusive: true }), { code: "EEXIST" });
      const other = Mailbox.open(name);
      boxes.push(other);
      assert(other.trySend(bytes("a")));
      assert.equal(text(box.tryReceive()), "a");
      Mailbox.unlink(name);
      assert.throws(() => Mailbox.open(name), { code: "ENOENT" });
      assert(other.trySend(bytes("b")), "who has it open goes on");
      assert.equal(text(box.tryReceive()), "b");
      assert.throws(
        () => {
          Mailbox.unlink(name);
        },
        { code: "ENOENT", syscall: "shm_unlink" },
      );
    });

    it("leaves nothing but its name, and the file of an unbounded one", function () {
      const ours = (): string[] => readdirSync("/dev/shm").filter((file) => file.includes(name));
      if (!existsSync("/dev/shm")) this.skip();
      open({ capacity: "unbounded", maxBytes: 1000 });
      assert.deepEqual(ours(), [`tsrpcgen-mailbox.${name}`]);
      assert.throws(() => open({ capacity: "unbounded", exclusive: true }), { code: "EEXIST" });
      assert.equal(readdirSync(folder).length, 1);
      assert.equal(statSync(join("/dev/shm", `tsrpcgen-mailbox.${name}`)).mode & 0o777, 0o600);
      assert.equal(statSync(join(folder, readdirSync(folder)[0] ?? "")).mode & 0o777, 0o600);
      Mailbox.unlink(name);
      assert.deepEqual([ours(), readdirSync(folder)], [[], []]);
    });

    it("finds the file of an unbounded one from wherever it was made", () => {
      const here = process.cwd();
      process.chdir(folder);
      try {
        open({ capacity: "unbounded", maxBytes: 1000, directory: "." });
      } finally {
        process.chdir(here);
      }
      assert.equal(open().maxMessageBytes, 992);
      Mailbox.unlink(name);
      assert.deepEqual(readdirSync(folder), []);
    });

    it("refuses bad names and measures, and what is no mailbox", () => {
      for (const bad of ["", "a/b", "a\0b", "x".repeat(201)]) assert.throws(() => Mailbox.open(bad), RangeError);
      assert.throws(() => open({ capacity: { messages: 0 } }), RangeError);
      assert.throws(() => open({ capacity: { bytes: 1.5 } }), RangeError);
      using memory = PosixSharedMemory.open(`/tsrpcgen-mailbox.${name}`, { create: true, size: 10_000 });
      assert.throws(() => open(), { code: "RING_CORRUPT" });
      assert.equal(memory.size, 10_000);
      memory.resize(0);
      assert.throws(() => open(), { code: "RING_CORRUPT" });
    });
  });

  describe("bounded", () => {
    it("by messages", () => {
      const box = open({ capacity: { messages: 2 }, maxMessageBytes: 5 });
      assert.deepEqual(
        ["12345", "", "x"].map((message) => box.trySend(bytes(message))),
        [true, true, false],
      );
      assert.throws(() => box.trySend(bytes("123456")), { code: "EMSGSIZE" });
      assert.deepEqual([text(box.tryReceive()), text(box.tryReceive()), box.tryReceive()], ["12345", "", undefined]);
    });

    it("by bytes; send waits for room, for so long, or until it is aborted", async () => {
      const box = open({ capacity: { bytes: 32 } });
      assert.equal(box.maxMessageBytes, 24);
      await box.send(new Uint8Array(24));
      assert.equal(box.trySend(bytes("")), false);
      await assert.rejects(box.send(bytes("a"), { timeoutMs: 1 }), { code: "ETIMEDOUT" });
      assert.throws(
        () => {
          box.sendSync(bytes("a"), { timeoutMs: 1 });
        },
        { code: "ETIMEDOUT" },
      );
      await assert.rejects(box.send(bytes("a"), { signal: AbortSignal.abort(new Error("no")) }), /no/);
      const sent = box.send(bytes("b"));
      assert.equal(box.receiveSync().length, 24);
      await sent;
      assert.equal(text(await box.receive()), "b");
      await assert.rejects(box.receive({ timeoutMs: 1 }), { code: "ETIMEDOUT" });
      assert.throws(() => box.receiveSync({ timeoutMs: 1 }), { code: "ETIMEDOUT" });
    });

    it("several receivers: each message to exactly one", async () => {
      const box = open();
      const receivers = await Promise.all(
        [1, 2].map(() =>
          start(`const got = [];
            for (;;) { const message = text(box.receiveSync()); if (message === "end") break; got.push(message); }
            await say(JSON.stringify(got));`),
        ),
      );
      for (let index = 0; index < 1000; index++) await box.send(bytes(String(index)));
      await box.send(bytes("end"));
      await box.send(bytes("end"));
      const got = await Promise.all(receivers.map(async ({ line }) => JSON.parse(await line()) as string[]));
      const numbers = got.map((list) => list.map(Number));
      for (const list of numbers) assert(list.every((value, index) => index === 0 || value > (list[index - 1] ?? 0)));
      assert.deepEqual(
        numbers.flat().sort((a, b) => a - b),
        Array.from({ length: 1000 }, (_, index) => index),
      );
    });
  });

  describe("caching one message", () => {
    it("it goes in as soon as there is room; a second one is refused", async () => {
      const box = open({ capacity: { messages: 1 } });
      assert.equal(box.cacheSend(bytes("1")), "sent");
      assert.deepEqual([box.cached], [undefined]);
      const second = bytes("2");
      assert.equal(box.cacheSend(second), "cached");
      second[0] = 0;
      assert.equal(box.cacheSend(bytes("3")), "refused");
      const wentIn = box.cached;
      assert.equal(text(box.tryReceive()), "1");
      await wentIn;
      assert.deepEqual([box.cached], [undefined]);
      assert.equal(text(box.tryReceive()), "2", "a copy");
      assert.equal(box.cacheSend(bytes("4")), "sent");
    });

    it("close gives it up", async () => {
      const box = open({ capacity: { messages: 1 } });
      box.trySend(bytes("1"));
      assert.equal(box.cacheSend(bytes("2")), "cached");
      const { cached } = box;
      box.close();
      await assert.rejects(cached ?? Promise.resolve(), { code: "ECANCELED" });
    });
  });

  describe("without capacity", () => {
    it("send is over when a receiver has taken it", async () => {
      const box = open({ capacity: 0 });
      let over = false;
      const sending = box.send(bytes("a")).then(() => (over = true));
      await new Promise(setImmediate);
      assert.deepEqual([over, box.length], [false, 1]);
      assert.equal(text(box.tryReceive()), "a");
      await sending;
      assert.equal(box.length, 0);
    });

    it("trySend: only where a receiver waits, and one message for each", async () => {
      const box = open({ capacity: 0 });
      const other = open();
      assert.equal(box.trySend(bytes("a")), false);
      const receiving = other.receive();
      assert(box.trySend(bytes("b")));
      assert.equal(box.trySend(bytes("c")), false);
      assert.equal(text(await receiving), "b");
      assert.equal(box.trySend(bytes("d")), false);
    });

    it("a send that gives up takes its message back, from the middle too", async () => {
      const box = open({ capacity: 0 });
      const controller = new AbortController();
      const first = box.send(bytes("1"));
      const aborted = box.send(bytes("2"), { signal: controller.signal });
      const third = box.send(bytes("3"));
      while (box.length < 3) await new Promise(setImmediate);
      controller.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      await assert.rejects(box.send(bytes("4"), { timeoutMs: 5 }), { code: "ETIMEDOUT" });
      assert.throws(
        () => {
          box.sendSync(bytes("5"), { timeoutMs: 1 });
        },
        { code: "ETIMEDOUT" },
      );
      assert.deepEqual([text(box.tryReceive()), text(box.tryReceive()), box.tryReceive()], ["1", "3", undefined]);
      await Promise.all([first, third]);
      assert.equal(box.length, 0);
    });

    it("what was handed to a receive that is aborted goes to the next one", async () => {
      const box = open({ capacity: 0 });
      const other = open();
      const controller = new AbortController();
      const receiving = other.receive({ signal: controller.signal });
      assert(box.trySend(bytes("a")));
      controller.abort(new Error("enough"));
      await assert.rejects(receiving, /enough/);
      assert.equal(text(other.tryReceive()), "a");
      assert.equal(box.trySend(bytes("b")), false, "nobody waits any more");
    });

    it("between processes, blocking", async () => {
      const box = open({ capacity: 0 });
      const { line } = await start(`
        await say(text(box.receiveSync()));
        box.sendSync(Buffer.from("back"), { timeoutMs: 10000 });
        await say("taken");`);
      box.sendSync(bytes("forth"), { timeoutMs: 10_000 });
      assert.equal(await line(), "forth");
      assert.equal(text(await box.receive({ timeoutMs: 10_000 })), "back");
      assert.equal(await line(), "taken");
    });

    it("a receiver that was killed while it waited is nobody to send to", async () => {
      const box = open({ capacity: 0 });
      const { child } = await start(`box.receiveSync();`);
      // It waits: a message to it arrives.
      while (!box.trySend(bytes("a"))) await new Promise(setImmediate);
      const { child: second } = await start(`for (;;) { box.receiveSync(); }`);
      while (!box.trySend(bytes("b"))) await new Promise(setImmediate);
      await kill(second);
      await kill(child);
      while (box.tryReceive() !== undefined);
      assert.equal(box.trySend(bytes("c")), false);
    });

    it("close takes offers back", async () => {
      const box = open({ capacity: 0 });
      const other = open();
      const sending = box.send(bytes("a"));
      while (other.length < 1) await new Promise(setImmediate);
      box.close();
      await assert.rejects(sending, { code: "ECANCELED" });
      assert.equal(other.tryReceive(), undefined);
    });
  });

  describe("unbounded", () => {
    it("spills to a file, up to its cap; once empty the pages are given back", () => {
      const box = open({ capacity: "unbounded", maxBytes: 16 * 1024 * 1024 });
      const file = join(folder, readdirSync(folder)[0] ?? "");
      const before = statSync(file).blocks;
      const message = new Uint8Array(100_000).fill(7);
      let sent = 0;
      while (box.trySend(message)) sent += 1;
      assert.equal(sent, Math.floor((16 * 1024 * 1024) / 100_008));
      assert(statSync(file).blocks - before > 30_000);
      for (let index = 0; index < sent; index++) assert.deepEqual(box.receiveSync(), message);
      assert(statSync(file).blocks - before < 100, `${statSync(file).blocks} blocks`);
      assert(box.trySend(message));
      assert.deepEqual(box.tryReceive(), message);
    });
  });

  it("killed senders and receivers: the others go on, and it is told who they were", async () => {
    const box = open();
    const sender = await start(`for (let index = 0; ; index++) box.sendSync(Buffer.from(String(index)));`);
    for (let index = 0; index < 100; index++) assert.equal(text(await box.receive()), String(index));
    await kill(sender.child);
    const [death] = box.deaths();
    assert.deepEqual([death?.pid, death?.role], [sender.child.pid, "producer"]);
    for (let index = 100; index < (death?.pushed ?? 0); index++) assert.equal(text(box.tryReceive()), String(index));
    assert.equal(box.tryReceive(), undefined);
    const receiver = await start(`for (;;) box.receiveSync();`);
    for (let index = 0; index < 10_000; index++) await box.send(bytes("x"));
    await kill(receiver.child);
    const popped = box.deaths().map((dead) => [dead.pid, dead.popped]);
    assert.deepEqual(popped, [[receiver.child.pid, 10_000 - box.length]]);
  });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

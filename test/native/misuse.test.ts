import assert from "node:assert/strict";
import { fstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setImmediate as turn } from "node:timers/promises";
import { addon } from "../../src/ipc/addon.ts";
import { EventFd, Memfd, pipe, PipeReader, Ring, UdpSocket, UnixSeqpacketSocket } from "../../src/ipc/index.ts";
import { runScript } from "../ipc/node-script.ts";
import { whyNoAddon } from "./addon.ts";

interface Addon {
  readonly Descriptor: { readonly prototype: object };
  readonly Mapping: { readonly prototype: object };
  readonly PosixSemaphore: { readonly prototype: object };
  readonly Ring: new (
    mapping: object,
    offset: number,
    scratchBytes: number,
  ) => { scratch: Uint8Array<ArrayBuffer>; pop(): number };
  readonly SignalRegistration: { readonly prototype: object };
  pipe(): { wait(events: number): void; close(): void }[];
  udpBind(
    ipv6: boolean,
    address: string,
    port: number,
    reusePort: boolean,
    reserved: boolean,
    ipv6Only: boolean,
  ): { close(): void };
  udpName(descriptor: object): { port: number };
  udpSend(descriptor: object, message: object, timeoutMs: number, wait: boolean): boolean;
  udpSendMany(descriptor: object, messages: object[]): number;
}

/** Each has ended the process once, or read memory that was not its own. */
describe("the addon's functions", () => {
  it("have each a name of its own: of two with one name the later one would be there alone", () => {
    const folder = fileURLToPath(new URL("../../../native/src", import.meta.url));
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".cc"))
      .flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/exports\.Set\("(\w+)"/g)])
      .map(([, name]) => name);
    assert(names.length > 100);
    assert.deepEqual(
      names.filter((name, i) => names.indexOf(name) !== i),
      [],
    );
  });
});

describe("the addon, where it is called as it should not be", () => {
  let native: Addon;
  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) {
      native = addon() as Addon;
      return;
    }
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  it("takes no object of another class for one of its own", () => {
    const [object] = native.pipe();
    assert(object !== undefined);
    const { Descriptor, Mapping, PosixSemaphore, SignalRegistration } = native;
    const others = [Mapping, PosixSemaphore, native.Ring as unknown as { prototype: object }, SignalRegistration];
    for (const { prototype } of others) {
      for (const key of Object.getOwnPropertyNames(prototype)) {
        if (key === "constructor") continue;
        const property = Object.getOwnPropertyDescriptor(prototype, key);
        assert(property !== undefined);
        const call = Reflect.get(property, "get" in property ? "get" : "value") as () => unknown;
        assert.throws(() => Reflect.apply(call, object, []), TypeError, key);
      }
    }
    assert.throws(
      () => Reflect.get(Descriptor.prototype, "fd", Object.create(Descriptor.prototype)) as unknown,
      TypeError,
    );
    object.close();
  });

  it("waits for no events that libuv does not know", () => {
    const [reader, writer] = native.pipe();
    for (const events of [0, 4, 64, -1]) assert.throws(() => reader?.wait(events), { code: "EINVAL", syscall: "poll" });
    reader?.close();
    writer?.close();
  });

  it("gives back what a message's getter has thrown, whichever it is", () => {
    const socket = native.udpBind(false, "127.0.0.1", 0, false, false, true);
    const whole = { bytes: new Uint8Array(1), address: "127.0.0.1", port: 9, ipv6: false, from: undefined };
    const mine = new Error("mine");
    for (const key of Object.keys(whole)) {
      const message = Object.defineProperty({ ...whole }, key, {
        get: () => {
          throw mine;
        },
      });
      const isMine = (error: unknown): boolean => error === mine;
      assert.throws(() => native.udpSend(socket, message, 0, false), isMine, key);
      assert.throws(() => native.udpSendMany(socket, [whole, message]), isMine, key);
    }
    socket.close();
  });

  it("sends nothing of bytes that a later message's getter has taken away", async () => {
    using socket = UdpSocket.bind({ address: "127.0.0.1" });
    const { port } = socket.address;
    const sender = native.udpBind(false, "127.0.0.1", 0, false, false, true);
    const bytes = new Uint8Array(1000).fill(7);
    const message = { bytes, address: "127.0.0.1", port, ipv6: false };
    const other = {
      ...message,
      get bytes() {
        structuredClone(bytes, { transfer: [bytes.buffer] });
        return new Uint8Array(3);
      },
    };
    assert.equal(native.udpSendMany(sender, [message, other]), 2);
    assert.equal((await socket.receive({ timeoutMs: 5000 })).bytes.length, 0);
    assert.equal((await socket.receive({ timeoutMs: 5000 })).bytes.length, 3);
    sender.close();
  });

  it("pops into memory that nobody can take from under a ring", () => {
    using memory = Memfd.create("misuse", { size: Ring.bytesFor(4096) });
    using mapping = memory.map();
    Ring.format(mapping);
    using ring = Ring.open(mapping);
    const raw = new native.Ring(mapping.native, 0, 64);
    const { scratch } = raw;
    ring.pushSync(Uint8Array.of(1, 2, 3));
    try {
      structuredClone(scratch, { transfer: [scratch.buffer] });
    } catch {
      // An external buffer stays where it is.
    }
    assert.equal(raw.pop(), 3);
    assert.deepEqual([...raw.scratch.subarray(0, 3)], [1, 2, 3]);
  });

  it("leaves a descriptor with the caller where it can't be adopted, also after the garbage is gone", async () => {
    const { reader, writer } = pipe();
    const fd = reader.release();
    assert.throws(() => UnixSeqpacketSocket.adopt(fd), { code: "ENOTSOCK" });
    assert.throws(() => UnixSeqpacketSocket.adopt(writer), { code: "ENOTSOCK" });
    assert(!writer.closed);
    fstatSync(fd);
    using adopted = PipeReader.adopt(fd);
    await writer.write(Uint8Array.of(5));
    assert.deepEqual([...((await adopted.read()) ?? [])], [5]);
    writer.close();
    const script = `
      const { fstatSync } = await import("node:fs");
      const fd = ipc.pipe().reader.release();
      try { ipc.UnixSeqpacketSocket.adopt(fd); } catch {}
      for (let i = 0; i < 4; i += 1) { gc(); await new Promise(setImmediate); }
      console.log(fstatSync(fd).isFIFO());`;
    assert.equal(await runScript(script), "true");
  });

  it("keeps nothing of a wait whose signal or time is none", async () => {
    using counter = EventFd.create();
    const noSignal = {} as AbortSignal;
    await assert.rejects(counter.take({ timeoutMs: 0, signal: noSignal }), TypeError);
    for (const timeoutMs of [1n, "1", null, NaN, -1]) {
      const { signal, abort } = controlled();
      await assert.rejects(counter.take({ timeoutMs: timeoutMs as number, signal }), RangeError);
      abort();
    }
    // What stayed behind would be an uncaught exception now.
    await turn();
    await new Promise((resolve) => setTimeout(resolve, 1));
    counter.tryAdd();
    assert.equal(await counter.take(), 1n);
  });
});

function controlled(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort();
    },
  };
}

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { addon } from "../../src/ipc/addon.ts";
import type { NativeSocket, SyncNative } from "../../src/runtime/transport/sync-native.ts";
import { whyNoAddon } from "./addon.ts";

type Addon = SyncNative & { socketpair(type: number): [NativeSocket, NativeSocket] };

const STREAM = 0;
const DATAGRAM = 1;

describe("the addon's blocking sockets", () => {
  let native: Addon;
  let ends: [NativeSocket, NativeSocket];

  before(function () {
    if (whyNoAddon() !== undefined) this.skip();
    native = addon() as Addon;
  });

  beforeEach(() => {
    ends = native.socketpair(STREAM);
  });

  afterEach(() => {
    for (const end of ends) end.close();
  });

  /** What has come, as far as it has. */
  function received(socket: NativeSocket, maxBytes = 100): string | undefined {
    const space = new Uint8Array(maxBytes);
    const size = native.receiveBytes(socket, space, 0);
    return size === undefined ? undefined : Buffer.from(space.subarray(0, size)).toString("hex");
  }

  it("a record is its header and the message, from whatever byte of both on", () => {
    const message = Uint8Array.of(1, 2, 3, 4, 5);
    const whole = "800000050102030405";
    for (let from = 0; from < 9; from++) {
      assert.equal(native.sendRecord(ends[0], message, from), 9 - from);
      assert.equal(received(ends[1]), whole.slice(2 * from));
    }
    assert.equal(native.sendRecord(ends[0], new Uint8Array(0), 0), 4);
    assert.equal(received(ends[1]), "80000000");
    for (const from of [9, 10, 2 ** 40]) {
      assert.throws(() => native.sendRecord(ends[0], message, from), { code: "EINVAL", syscall: "sendmsg" });
    }
  });

  it("what there is no room for is not sent, and the rest can be", () => {
    const message = new Uint8Array(1024 * 1024).fill(7);
    const sent = native.sendRecord(ends[0], message, 0);
    assert(sent !== undefined && sent > 4 && sent < message.length);
    assert.equal(native.sendRecord(ends[0], message, sent), undefined);
    let taken = 0;
    const space = new Uint8Array(65_536);
    for (let at = sent; taken < message.length + 4;) {
      taken += native.receiveBytes(ends[1], space, 0) ?? 0;
      if (at < message.length + 4) at += native.sendRecord(ends[0], message, at) ?? 0;
    }
    assert.equal(taken, message.length + 4);
    assert.equal(received(ends[1]), undefined);
  });

  it("it waits for a time, or a step, and tells the end from nothing", () => {
    assert.equal(native.receiveBytes(ends[1], new Uint8Array(1), 5), undefined);
    native.setReceiveStep(ends[1], 5);
    assert.equal(native.receiveBytes(ends[1], new Uint8Array(1), undefined), undefined);
    ends[0].close();
    assert.equal(native.receiveBytes(ends[1], new Uint8Array(1), undefined), 0);
    assert.throws(() => native.sendRecord(ends[1], new Uint8Array(1), 0), { code: "EPIPE", syscall: "sendmsg" });
  });

  it("datagrams keep their bounds", () => {
    const [one, other] = native.socketpair(DATAGRAM);
    assert.equal(native.sendDatagram(one, Uint8Array.of(1, 2)), 2);
    assert.equal(native.sendDatagram(one, new Uint8Array(0)), 0);
    assert.equal(received(other), "0102");
    assert.equal(received(other), "");
    one.close();
    other.close();
  });

  it("a tcp connection is begun, waited for and ended; or tells why not", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    const socket = native.tcpConnectStart("127.0.0.1", port, 0);
    assert(native.pollSync(socket, 2, 5000));
    native.tcpConnectEnd(socket, 60);
    native.setReceiveStep(socket, 1);
    assert.equal(native.receiveBytes(socket, new Uint8Array(1), undefined), undefined);
    socket.close();
    listener.close();
    await once(listener, "close");
    const refused = native.tcpConnectStart("127.0.0.1", port, 0);
    native.pollSync(refused, 2, 5000);
    assert.throws(() => {
      native.tcpConnectEnd(refused, 0);
    }, { code: "ECONNREFUSED", syscall: "connect" }); // prettier-ignore
    refused.close();
  });

  it("names are looked up", () => {
    assert(native.resolveSync("localhost").some(({ address }) => address === "127.0.0.1" || address === "::1"));
    assert.deepEqual(native.resolveSync("192.0.2.7"), [{ address: "192.0.2.7", family: 4 }]);
    assert.throws(() => native.resolveSync("no.such.host.invalid"), { syscall: "getaddrinfo" });
  });

  it("takes no address, descriptor or number that is none", () => {
    for (const [host, port, local] of [
      ["localhost", 1, 0],
      ["127.0.0.1", 65_536, 0],
      ["127.0.0.1", -1, 0],
      ["127.0.0.1", 1, 65_536],
      ["fe80::1::2", 1, 0],
    ] as const) {
      assert.throws(() => native.tcpConnectStart(host, port, local), { code: "EINVAL" });
      assert.throws(() => native.udpConnect(host, port, local), { code: "EINVAL" });
    }
    const wrong = { code: "ERR_INVALID_ARG_TYPE" };
    assert.throws(() => native.sendRecord(ends[0], "text" as never, 0), wrong);
    assert.throws(() => native.sendRecord(ends[0], new Uint8Array(1), -1), wrong);
    assert.throws(() => native.receiveBytes(ends[0], new Uint8Array(1), NaN), wrong);
    assert.throws(() => native.sendDatagram({} as never, new Uint8Array(1)), TypeError);
    ends[0].close();
    assert.throws(() => native.receiveBytes(ends[0], new Uint8Array(1), 0), { code: "EBADF", syscall: "recv" });
    assert.throws(() => native.sendRecord(ends[0], new Uint8Array(1), 0), { code: "EBADF", syscall: "sendmsg" });
  });
});

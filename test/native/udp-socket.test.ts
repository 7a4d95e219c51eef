import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { bindSharedUdp, refuseAddressReuse } from "../../src/runtime/transport/native.ts";
import { whyNoAddon } from "./addon.ts";

describe("bindSharedUdp", () => {
  before(function () {
    const reason = whyNoAddon() ?? (process.platform === "linux" ? undefined : "Linux's descriptors are looked at");
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  /** A socket of Node's for a descriptor of ours: it tells the port, and closes it. */
  async function adopt(fd: number | undefined): Promise<{ port: number; close: () => void }> {
    assert(fd !== undefined && fd > 2);
    const socket = createSocket("udp4");
    const listening = once(socket, "listening");
    socket.bind({ fd, exclusive: true });
    await listening;
    return { port: socket.address().port, close: () => socket.close() };
  }

  it("gives a descriptor that is closed on exec, to a port that others bind so too", async () => {
    const fd = bindSharedUdp("127.0.0.1", 0, false) ?? -1;
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "";
    assert.equal(parseInt(flags, 8) & 0o2004000, 0o2004000, "O_CLOEXEC and O_NONBLOCK");
    const first = await adopt(fd);
    const second = await adopt(bindSharedUdp("127.0.0.1", first.port, false));
    assert.equal(second.port, first.port);
    first.close();
    second.close();
  });

  it("no socket without the option binds that port, nor one with SO_REUSEADDR", async () => {
    const fd = bindSharedUdp("127.0.0.1", 0, false) ?? -1;
    const { port, close } = await adopt(fd);
    assert.equal(refuseAddressReuse(fd), true);
    for (const reuseAddr of [false, true]) {
      const other = createSocket({ type: "udp4", reuseAddr }).bind({ address: "127.0.0.1", port, exclusive: true });
      await assert.rejects(once(other, "listening"), { code: "EADDRINUSE" });
      other.close();
    }
    close();
  });

  it("fails as a system call does", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    assert.throws(() => bindSharedUdp("127.0.0.1", port, false), { code: "EADDRINUSE", syscall: "bind" });
    socket.close();
    assert.throws(() => bindSharedUdp("192.0.2.1", 0, false), { code: "EADDRNOTAVAIL", syscall: "bind" });
    assert.throws(() => bindSharedUdp("::1", 0, false), { code: "EINVAL", syscall: "bind" });
    assert.throws(() => bindSharedUdp("localhost", 0, false), { code: "EINVAL", syscall: "bind" });
    assert.throws(() => bindSharedUdp("127.0.0.1", 65_536, false), { code: "EINVAL", syscall: "bind" });
    assert.throws(() => bindSharedUdp("127.0.0.1", -1, false), { code: "EINVAL", syscall: "bind" });
    assert.throws(() => bindSharedUdp("127.0.0.1\0", 0, false), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => bindSharedUdp("127.0.0.1", 0.5, false), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => refuseAddressReuse(-1), { code: "EBADF", syscall: "setsockopt" });
    const file = openSync("/dev/null", "r");
    assert.throws(() => refuseAddressReuse(file), { code: "ENOTSOCK", syscall: "setsockopt" });
    closeSync(file);
  });

  it("a socket that can't be bound leaves no descriptor", () => {
    const file = openSync("/dev/null", "r");
    closeSync(file);
    assert.throws(() => bindSharedUdp("192.0.2.1", 0, false), { code: "EADDRNOTAVAIL" });
    const again = openSync("/dev/null", "r");
    closeSync(again);
    assert.equal(again, file, "the lowest descriptor that is free is the same");
  });
});

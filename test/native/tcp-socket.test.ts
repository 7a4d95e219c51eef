import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";
import { setTcpUserTimeout } from "../../src/runtime/transport/native.ts";
import { descriptorOf } from "../../src/runtime/transport/tcp-options.ts";
import { tcpAddon, whyNoAddon } from "./addon.ts";

describe("setTcpUserTimeout", () => {
  before(function () {
    const reason = whyNoAddon() ?? (process.platform === "linux" ? undefined : "it is an option of Linux's");
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  it("sets the option of a tcp socket, and false says of any other that it does not", async () => {
    const { setTcpUserTimeout: set, tcpUserTimeout: get } = tcpAddon();
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    const socket = connect((listener.address() as { port: number }).port, "127.0.0.1");
    await once(socket, "connect");
    const fd = descriptorOf(socket) ?? -1;
    assert.equal(get(fd), 0, "the system's own time");
    assert.equal(setTcpUserTimeout(fd, 1234), true);
    assert.equal(get(fd), 1234);
    assert.throws(() => set(fd, -1), { code: "EINVAL", syscall: "setsockopt" });
    assert.throws(() => set(fd, 0.5), { code: "ERR_INVALID_ARG_TYPE" });
    assert.equal(get(fd), 1234);
    socket.destroy();
    (await accepted)[0].destroy();
    listener.close();
    const file = openSync("/dev/null", "r");
    assert.throws(() => set(file, 1), { code: "ENOTSOCK", syscall: "setsockopt" });
    assert.throws(() => get(file), { code: "ENOTSOCK", syscall: "getsockopt" });
    assert.equal(setTcpUserTimeout(file, 1), false);
    closeSync(file);
    assert.throws(() => set(-1, 1), { code: "EBADF", syscall: "setsockopt" });
    assert.equal(setTcpUserTimeout(-1, 1), false);
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { peerCredentials } from "../../src/runtime/transport/native.ts";
import { nativeUrl, whyNoAddon } from "./addon.ts";

describe("peerCredentials", () => {
  let folder: string;
  let server: Server;
  let path: string;

  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-peer-"));
    // The other user connects too.
    chmodSync(folder, 0o755);
    path = join(folder, "s");
    server = createServer().listen({ path, writableAll: true, readableAll: true });
    await once(server, "listening");
  });

  afterEach(async () => {
    server.close();
    await once(server, "close");
    rmSync(folder, { recursive: true });
  });

  it("names this process at both ends of a connection to itself", async () => {
    const expected = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
    const client = connect(path);
    const [accepted] = (await once(server, "connection")) as [Socket];
    if (client.connecting) await once(client, "connect");
    assert.deepEqual(peerCredentials(descriptorOf(accepted)), expected);
    assert.deepEqual(peerCredentials(descriptorOf(client)), expected);
    client.destroy();
    accepted.destroy();
  });

  it("names a child process of another user", async function () {
    if (process.getuid?.() !== 0 || process.env.TSRPC_NAMESPACE === "user") {
      console.log("      skipped: becoming another user needs root");
      this.skip();
    }
    const source = `require("node:net").connect(process.argv[1]).on("error", () => process.exit(1)).resume();`;
    const child: ChildProcess = spawn(process.execPath, ["-e", source, path], {
      uid: 12_345,
      gid: 23_456,
      stdio: "inherit",
      cwd: "/",
    });
    const exited = once(child, "exit");
    const [accepted] = (await once(server, "connection")) as [Socket];
    assert.deepEqual(peerCredentials(descriptorOf(accepted)), { pid: child.pid, uid: 12_345, gid: 23_456 });
    accepted.destroy();
    child.kill();
    await exited;
  });

  it("works in worker threads, several at a time, started and stopped", async () => {
    const client = connect(path);
    const [accepted] = (await once(server, "connection")) as [Socket];
    const fd = descriptorOf(accepted);
    const source = `
      import { parentPort, workerData } from "node:worker_threads";
      const { peerCredentials } = await import(workerData.url);
      parentPort.postMessage(peerCredentials(workerData.fd));`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        [1, 2].map(async () => {
          const worker = new Worker(url, { workerData: { fd, url: nativeUrl } });
          const exited = once(worker, "exit");
          const [credentials] = (await once(worker, "message")) as [unknown];
          assert.deepEqual(credentials, { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
          await exited;
        }),
      );
    }
    client.destroy();
    accepted.destroy();
  });

  describe("fails with code, errno and syscall", () => {
    it("EBADF: no open descriptor", () => {
      assert.throws(() => peerCredentials(-1), { code: "EBADF", errno: -9, syscall: "getsockopt" });
    });

    it("ENOTSOCK: a file", () => {
      const fd = openSync(devNull, "r");
      assert.throws(() => peerCredentials(fd), { code: "ENOTSOCK", syscall: "getsockopt" });
      closeSync(fd);
    });

    it("EAFNOSUPPORT: a tcp connection, for which Linux answers uid -1", async () => {
      const tcp = createServer().listen(0, "127.0.0.1");
      await once(tcp, "listening");
      const client = connect((tcp.address() as AddressInfo).port, "127.0.0.1");
      const [accepted] = (await once(tcp, "connection")) as [Socket];
      assert.throws(() => peerCredentials(descriptorOf(accepted)), { code: "EAFNOSUPPORT", syscall: "getsockopt" });
      client.destroy();
      accepted.destroy();
      tcp.close();
    });

    it("ERR_INVALID_ARG_TYPE: what is no 32-bit integer", () => {
      for (const fd of [1.5, NaN, 2 ** 32, "3", undefined]) {
        assert.throws(
          () => peerCredentials(fd as number),
          { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" },
          String(fd),
        );
      }
    });
  });
});

/** The descriptor of a connected socket: Node has no public way to it. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { _handle: { fd: number } | null };
  assert(handle !== null, "the socket is closed");
  return handle.fd;
}

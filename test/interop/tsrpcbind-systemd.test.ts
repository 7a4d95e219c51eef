import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UnixDatagramSocket } from "../../src/ipc/index.ts";
import { RpcbindClient } from "../../src/portmapper/index.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { freePort } from "./free-port.ts";
import { needs, run, takesConnections } from "./namespace.ts";
import { Running } from "./process.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMMAND = join(ROOT, "bin/tsrpcbind.js");
const UNITS = ["tsrpcbind.socket", "tsrpcbind.service"].map((name) => join(ROOT, "contrib/systemd", name));
const SERVICE = { program: 0x31237, version: 1 };

describe("interop: tsrpcbind and systemd", function () {
  this.timeout(30_000);
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcbind-systemd-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  describe("sockets", () => {
    before(needs({ commands: { "systemd-socket-activate": "systemd" } }));

    const activate = (...args: readonly string[]): Running =>
      new Running("systemd-socket-activate", [
        ...args,
        process.execPath,
        COMMAND,
        "--state-dir",
        join(folder, "state"),
      ]);

    it("serves those of tcp and the UNIX socket that it is handed, and binds none", async () => {
      const port = await freePort();
      const path = join(folder, "s");
      await using command = activate("-l", `127.0.0.1:${port}`, "-l", path);
      await takesConnections(port);
      assert.equal(
        await command.line((line) => line.startsWith("tsrpcbind")),
        `tsrpcbind: listening on tcp 127.0.0.1:${port}, local ${path}`,
      );
      const client = await RpcbindClient.connect({ host: "127.0.0.1", transport: "tcp", portmap: { port } });
      assert.equal(await client.v4.set({ ...SERVICE, netid: "tcp", uaddr: "0.0.0.0.4.1" }), true);
      assert.equal(await client.v4.getaddr(SERVICE), "127.0.0.1.4.1");
      const own = (await client.v4.dump()).filter(({ program }) => program === 100_000);
      assert.deepEqual(
        own.map(({ netid, version }) => `${netid} ${version}`),
        ["tcp 4", "tcp 3", "tcp 2", "local 4", "local 3"],
      );
      await client.close();
      assert.equal(await command.end(), 0);
      // The socket is systemd's: it is there for the next one.
      await using next = activate("-l", `127.0.0.1:${port}`, "-l", `${path}2`);
      await takesConnections(port);
      await next.line((line) => line.startsWith("tsrpcbind"));
      await using again = await RpcbindClient.connect({ host: "127.0.0.1", transport: "tcp", portmap: { port } });
      assert.equal(await again.v4.getaddr(SERVICE), "127.0.0.1.4.1", "a warm start");
    });

    it("serves one of udp", async () => {
      const port = await freePort();
      await using command = activate("-d", "-l", `127.0.0.1:${port}`);
      const client = await RpcbindClient.connect({
        host: "127.0.0.1",
        transport: "udp",
        portmap: { port },
        refusedTimeoutMs: 10_000,
        tryTimeoutMs: 100,
      });
      assert.equal(await client.v2.getport(SERVICE, 17), undefined);
      assert.equal(
        await command.line((line) => line.startsWith("tsrpcbind")),
        `tsrpcbind: listening on udp 127.0.0.1:${port}`,
      );
      await client.close();
    });
  });

  it("without the addon, systemd-notify tells that it serves and that it ends", async function () {
    await needs({ commands: { "systemd-notify": "systemd" } }).call(this);
    skipFor(this, whyNoAddon()); // the test receives by it
    const path = join(folder, "notify");
    using manager = UnixDatagramSocket.bind(path);
    const told: string[] = [];
    const receiving = (async () => {
      // Each message's descriptor is closed at once: systemd-notify waits for that in the end (BARRIER=1).
      for (;;) {
        using message = await manager.receive();
        told.push(new TextDecoder().decode(message.bytes));
      }
    })();
    const env = { ...process.env, NOTIFY_SOCKET: path, TSRPC_NO_NATIVE: "1" };
    await using command = new Running(process.execPath, [COMMAND, "--host", "127.0.0.1", "--port", "0"], env);
    const line = await command.line((line) => line.startsWith("tsrpcbind: listening"));
    assert.deepEqual(told, [line.replace("tsrpcbind: ", "READY=1\nSTATUS="), "BARRIER=1"]);
    assert.equal(await command.end(), 0);
    assert.deepEqual(told.slice(2), ["STOPPING=1", "BARRIER=1"]);
    assert.doesNotMatch(command.stderr, /NOTIFY_SOCKET/);
    manager.close();
    await assert.rejects(receiving, { code: "ECANCELED" });
  });

  it("the units are as systemd wants them, and listen where rpcbind's do", async function () {
    await needs({ commands: { "systemd-analyze": "systemd" } }).call(this);
    const { stderr } = await run("systemd-analyze", ["verify", "--man=no", ...UNITS]);
    assert.equal(
      stderr
        .split("\n")
        .filter((line) => line.includes("tsrpcbind"))
        .join("\n"),
      "",
    );
    const listens = readFileSync(UNITS[0] ?? "", "utf8")
      .split("\n")
      .filter((line) => /^(Listen|BindIPv6Only)/.test(line));
    // Of /lib/systemd/system/rpcbind.socket, Debian's rpcbind 1.2.6.
    assert.deepEqual(listens, [
      "ListenStream=/run/rpcbind.sock",
      "BindIPv6Only=ipv6-only",
      "ListenStream=0.0.0.0:111",
      "ListenDatagram=0.0.0.0:111",
      "ListenStream=[::]:111",
      "ListenDatagram=[::]:111",
    ]);
  });
});

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { type Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "../../src/runtime/index.ts";
import { ECHO, SERVICE, call, hexWords } from "../runtime/support.ts";
import { freePort } from "./free-port.ts";
import { needs, takesConnections } from "./namespace.ts";

const program = fileURLToPath(new URL("../runtime/activated-server.js", import.meta.url));

describe("interop: systemd-socket-activate", function () {
  this.timeout(30_000);
  let folder: string;
  let child: ChildProcess | undefined;

  before(needs({ commands: { "systemd-socket-activate": "systemd" } }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-systemd-"));
  });

  afterEach(() => {
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  function activate(args: readonly string[]): { child: ChildProcess; line: Promise<{ sockets: unknown }> } {
    const started = spawn("systemd-socket-activate", [...args, process.execPath, program], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    child = started;
    const line = once(createInterface({ input: started.stdout }), "line").then(
      ([text]) => JSON.parse(text as string) as { sockets: unknown },
    );
    return { child: started, line };
  }

  it("starts our server at the first connection, which is answered, on tcp and on a UNIX socket", async () => {
    const port = await freePort();
    const path = join(folder, "s");
    const { child: started, line } = activate(["-l", `127.0.0.1:${port}`, "-l", path, "--fdname=stream:local"]);
    await takesConnections(port);
    for (const to of [{ host: "127.0.0.1", port, transport: "tcp" as const }, { path }]) {
      await using client = await connect(SERVICE, { ...to, timeoutMs: 10_000 });
      assert.equal(await client.call(ECHO, 7), 7);
    }
    assert.deepEqual((await line).sockets, [
      { name: "stream", fd: 3, netid: "tcp", listening: true },
      { name: "local", fd: 4, netid: "local", listening: true, path },
    ]);
    started.stdin?.end();
    await once(started, "exit");
  });

  it("starts our server at the first datagram, which is answered", async () => {
    const port = await freePort();
    const { child: started, line } = activate(["-d", "-l", `127.0.0.1:${port}`]);
    const client = createSocket("udp4");
    client.connect(port, "127.0.0.1");
    await once(client, "connect");
    const reply = await asked(client, call(11, 1, 4));
    assert.equal(hexWords(reply), "0000000b 00000001 00000000 00000000 00000000 00000000 00000004");
    client.close();
    const { sockets } = await line;
    assert.deepEqual(sockets, [{ name: "", fd: 3, netid: "udp", listening: true }]);
    started.stdin?.end();
    await once(started, "exit");
  });

  /** Sends until somebody has bound the port: until then each datagram is refused. */
  function asked(client: Socket, message: Uint8Array): Promise<Buffer> {
    return new Promise((resolve) => {
      client.once("message", resolve);
      client.on("error", () => {
        setTimeout(() => {
          client.send(message);
        }, 5);
      });
      client.send(message);
    });
  }
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

const COMMAND = fileURLToPath(new URL("../../../bin/tsrpcbind.js", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return { child, ended: once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr })) };
}

describe("tsrpcbind", function () {
  this.timeout(20_000);

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`says where it listens, and ends cleanly on ${signal}`, async () => {
      const { child, ended } = start("--host", "127.0.0.1", "--port", "0");
      assert.ok(child.stdout !== null);
      const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
      const ports = /^tsrpcbind: listening on tcp 127\.0\.0\.1:(\d+), udp 127\.0\.0\.1:(\d+)$/.exec(line);
      assert.ok(ports !== null, line);
      assert.equal(ports[1], ports[2]);
      child.kill(signal);
      assert.equal((await ended).code, 0);
    });
  }

  it("says what is wrong with a taken port, and exits 1", async () => {
    const taken = createServer();
    await once(taken.listen({ host: "127.0.0.1", port: 0 }), "listening");
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await start("--host", "127.0.0.1", "--port", String(port)).ended;
    taken.close();
    assert.equal(code, 1);
    assert.match(stderr, /^tsrpcbind: the address is in use/);
  });

  it("refuses what is no port, and helps", async () => {
    const wrong = await start("--port", "65536").ended;
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /from 0 to 65535/);
    const help = await start("--help").ended;
    assert.equal(help.code, 0);
    assert.match(help.stdout, /--port.*--host.*--socket.*TSRPC_PORTMAP/s);
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RpcAddress, type RpcError, connect } from "../../src/runtime/index.ts";
import { blacklist, reservedPorts, withReservedPort } from "../../src/runtime/reserved-port.ts";
import { RUN, SERVICE, serve, testService } from "./support.ts";

const TO = RpcAddress.inet("tcp", "192.0.2.1", 2049);

function systemError(code: string): Error {
  return Object.assign(new Error(`bind ${code}`), { code });
}

describe("runtime: reserved ports", () => {
  it("are 600 to 1023 from some port on, then 512 to 599, without those that the system keeps", () => {
    const ports = [...reservedPorts(new Set([631, 512]), () => 30)];
    assert.deepEqual(ports.slice(0, 2), [630, 632]);
    assert.equal(ports[422], 629);
    assert.deepEqual(ports.slice(423, 425), [542, 543]);
    assert.equal(ports.at(-1), 541);
    assert.equal(new Set(ports).size, 1024 - 512 - 2);
    assert.deepEqual([Math.min(...ports), Math.max(...ports)], [513, 1023]);
  });

  it("leave out what a file lists", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tsrpcgen-ports-"));
    try {
      const file = join(folder, "blacklist");
      await writeFile(file, "# ports\n\n631\t# cups\n 873 # rsync\n#993\nnone\n");
      assert.deepEqual(await blacklist(file), new Set([631, 873]));
      assert.deepEqual(await blacklist(join(folder, "missing")), new Set());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("are tried until one is free", async () => {
    const tried: number[] = [];
    const codes = ["EADDRINUSE", "EADDRNOTAVAIL"];
    const port = await withReservedPort(TO, (at) => {
      tried.push(at);
      const code = codes.shift();
      return code === undefined ? Promise.resolve(at) : Promise.reject(systemError(code));
    });
    assert.equal(tried.length, 3);
    assert.equal(new Set(tried).size, 3);
    assert.equal(port, tried[2]);
  });

  it("fail as RPC_CANTCONNECT where the process may not, or none is free; other errors pass", async () => {
    const failing = (code: string): { error: Promise<unknown>; tried: () => number } => {
      let tried = 0;
      const cause = systemError(code);
      const error = withReservedPort(TO, () => {
        tried++;
        return Promise.reject(cause);
      }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return { error, tried: () => tried };
    };
    const refused = failing("EACCES");
    const error = (await refused.error) as RpcError;
    assert.deepEqual([error.code, (error.cause as { code: string }).code], ["RPC_CANTCONNECT", "EACCES"]);
    assert.match(error.message, /need root, or CAP_NET_BIND_SERVICE/);
    assert.equal(refused.tried(), 1);
    const full = failing("EADDRINUSE");
    const { code, cause, message } = (await full.error) as RpcError;
    assert.deepEqual([code, (cause as { code: string }).code], ["RPC_CANTCONNECT", "EADDRINUSE"]);
    assert.match(message, /no reserved port is free/);
    assert(full.tried() > 400);
    assert.equal(((await failing("ECONNREFUSED").error) as { code: string }).code, "ECONNREFUSED");
  });

  for (const transport of ["tcp", "udp"] as const) {
    it(`are what a client over ${transport} calls from, or are refused to it`, async () => {
      const { server, to } = await serve(
        transport,
        testService((_, ctx) => ctx.peer.port),
      );
      try {
        // Each has its own, though the peer is the same.
        await using first = await connect(SERVICE, { ...to, reservedPort: true });
        await using second = await connect(SERVICE, { ...to, reservedPort: true });
        const ports = [await first.call(RUN, 0), await second.call(RUN, 0)];
        assert.deepEqual(ports, [first.local.port, second.local.port]);
        assert.notEqual(ports[0], ports[1]);
        for (const port of ports) assert(port >= 512 && port < 1024, `${port}`);
      } catch (error) {
        if ((error as RpcError).code !== "RPC_CANTCONNECT") throw error;
        assert.equal(((error as RpcError).cause as { code: string }).code, "EACCES");
        assert.notEqual(process.geteuid?.(), 0);
      } finally {
        await server.close();
      }
    });
  }
});

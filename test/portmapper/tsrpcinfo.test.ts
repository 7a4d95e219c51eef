import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { quantile, measure } from "../../src/portmapper/cli/tsrpcinfo/round-trips.ts";
import { Output } from "../../src/portmapper/cli/tsrpcinfo/output.ts";
import { Portmapper } from "../../src/portmapper/index.ts";
import { RpcError, RpcServer, parseUaddr, rpcService } from "../../src/runtime/index.ts";

const COMMAND = fileURLToPath(new URL("../../../bin/tsrpcinfo.js", import.meta.url));
const HOST = "127.0.0.1";
const PROGRAM = 0x2000_1234;
const run = promisify(execFile);

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("tsrpcinfo", function () {
  this.timeout(30_000);
  let portmapper: Portmapper;
  let server: RpcServer;
  let env: NodeJS.ProcessEnv = {};
  let port = 0;

  let at = 0;
  before(async () => {
    portmapper = new Portmapper({ host: HOST, port: 0 });
    const tcp = (await portmapper.listen()).find(({ netid }) => netid === "tcp");
    at = parseUaddr(tcp?.address ?? "")?.port ?? 0;
    server = new RpcServer();
    server.add(rpcService("P", PROGRAM, 2, []));
    server.add(rpcService("P", PROGRAM, 3, []));
    const bound = await server.listen({
      tcp: { host: HOST },
      udp: { host: HOST },
      local: false,
      portmap: { host: HOST, port: at },
    });
    port = bound.find(({ netid }) => netid === "tcp")?.port ?? 0;
  });
  beforeEach(() => {
    env = { ...process.env, TSRPC_PORTMAP: `${HOST}:${at}` };
  });
  after(async () => {
    await server.close();
    await portmapper.close();
  });

  async function tsrpcinfo(...args: string[]): Promise<Ran> {
    try {
      return { code: 0, ...(await run(process.execPath, [COMMAND, ...args], { env, timeout: 20_000 })) };
    } catch (error) {
      const { code, stdout, stderr } = error as Ran;
      return { code, stdout, stderr };
    }
  }

  async function json(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await tsrpcinfo("--json", ...args);
    assert.deepEqual([code, stderr], [0, ""]);
    return JSON.parse(stdout);
  }

  it("asks the portmapper that TSRPC_PORTMAP names, with a host and without", async () => {
    const line = `${PROGRAM}    2    tcp       ${`${HOST}.${port >> 8}.${port & 0xff}`.padEnd(22)} -          unknown\n`;
    for (const args of [[], [HOST]]) {
      const { code, stdout, stderr } = await tsrpcinfo(...args);
      assert.deepEqual([code, stderr], [0, ""]);
      assert(stdout.includes(line.padStart(line.length + 1)), stdout);
    }
  });

  it("--json: entries, by version 2, by program", async () => {
    const address = `${HOST}.${port >> 8}.${port & 0xff}`;
    const entry = { program: PROGRAM, version: 2, netid: "tcp", owner: "unknown", address, service: null };
    const listed = (await json()) as { program: number; service: string | null }[];
    assert.deepEqual(
      listed.find(({ program }) => program === PROGRAM),
      entry,
    );
    assert.equal(listed[0]?.service, "portmapper");
    const byPort = (await json("-p")) as { program: number }[];
    const wanted = { program: PROGRAM, version: 2, port, protocol: "tcp", service: null };
    assert.deepEqual(
      byPort.find(({ program }) => program === PROGRAM),
      wanted,
    );
    const [, short] = (await json("-s", HOST)) as unknown[];
    assert.deepEqual(short, {
      program: PROGRAM,
      versions: [3, 2],
      netids: ["udp", "tcp"],
      owner: "unknown",
      service: null,
    });
  });

  it("--ping: the round trips of each version, for people and as JSON", async () => {
    const { code, stdout } = await tsrpcinfo("-t", "--ping", "20", HOST, String(PROGRAM));
    assert.equal(code, 0);
    const times = String.raw`min \d+\.\d{3} ms, median \d+\.\d{3} ms, p99 \d+\.\d{3} ms`;
    const version = (number: number): string =>
      `program ${PROGRAM} version ${number} ready and waiting\nprogram ${PROGRAM} version ${number}: 20 calls, 0 lost, ${times}\n`;
    assert.match(stdout, new RegExp(`^${version(2)}${version(3)}$`));
    const { versions, ...rest } = (await json("-T", "udp", HOST, String(PROGRAM), "3", "--ping", "5")) as {
      versions: { roundTrips: { calls: number; lost: number; minMs: number; medianMs: number; p99Ms: number } }[];
    };
    assert.deepEqual({ ...rest, address: "" }, { program: PROGRAM, service: null, netid: "udp", address: "" });
    const { calls, lost, minMs, medianMs, p99Ms } = versions[0]?.roundTrips ?? assert.fail("no round trips");
    assert.deepEqual([calls, lost, versions.length], [5, 0, 1]);
    assert(0 < minMs && minMs <= medianMs && medianMs <= p99Ms, `${minMs} ${medianMs} ${p99Ms}`);
  });

  it("--json: a version that there is not is an answer, and exit code 1", async () => {
    const { code, stdout, stderr } = await tsrpcinfo("-n", String(port), "-t", HOST, String(PROGRAM), "9", "--json");
    const message = "RPC: Program/version mismatch; low version = 2, high version = 3";
    assert.deepEqual([code, stderr], [1, `tsrpcinfo: ${message}\n`]);
    const { versions } = JSON.parse(stdout) as { versions: unknown };
    assert.deepEqual(versions, [{ version: 9, available: false, error: { code: "RPC_PROGVERSMISMATCH", message } }]);
  });

  it("-d takes back what its caller may", async () => {
    portmapper.registry.set({ program: 77, version: 1, netid: "tcp", address: "0.0.0.0.1.1", owner: "4242" });
    portmapper.registry.set({ program: 78, version: 1, netid: "tcp", address: "0.0.0.0.1.1", owner: "unknown" });
    const stderr = "tsrpcinfo: Could not delete registration for prog 77 version 1\n";
    assert.deepEqual(await tsrpcinfo("-d", "77", "1"), { code: 1, stdout: "", stderr });
    assert.deepEqual(await json("-d", "78", "1"), { program: 78, version: 1, netid: null, deleted: true });
    assert.deepEqual(
      portmapper.registry
        .registrations()
        .filter(({ program }) => program < 80)
        .map(({ program }) => program),
      [77],
    );
    portmapper.registry.unset(77, 1, "tcp", "4242");
  });

  it("what is wrong with a command line, and help", async () => {
    const ping = await tsrpcinfo("--ping", "3");
    assert.match(ping.stderr, /^tsrpcinfo: --ping goes with .*\nUsage: tsrpcinfo \[-m/);
    assert.match((await tsrpcinfo("-t", "--ping", "0", HOST, "7")).stderr, /from 1 to 1000000/);
    assert.match((await tsrpcinfo("--frob")).stderr, /^tsrpcinfo: unrecognized option '--frob'\nUsage/);
    env = { ...env, TSRPC_PORTMAP: "nonsense" };
    const nonsense =
      /^tsrpcinfo: can't contact rpcbind: RPC: Port mapper failure - TSRPC_PORTMAP is "nonsense", neither/;
    assert.match((await tsrpcinfo()).stderr, nonsense);
    const help = await tsrpcinfo("--help");
    assert.deepEqual([help.code, help.stderr], [0, ""]);
    assert.match(help.stdout, /--portmap.*--ping.*--json.*TSRPC_PORTMAP/s);
    assert.match((await tsrpcinfo("--version")).stdout, /^\d+\.\d+\.\d+/);
  });

  it("prints nothing that a terminal would obey", () => {
    const written: string[] = [];
    const sink = { write: (text: string) => written.push(text) };
    new Output(false, sink, sink).line("a\u001b[2Jb\tc\u009b");
    assert.deepEqual(written, ["a\\x1b[2Jb\tc\\x9b\n"]);
  });

  it("a quantile is the nearest rank; calls that fail are lost", async () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.deepEqual(
      [0.5, 0.99, 1].map((share) => quantile(hundred, share)),
      [50, 99, 100],
    );
    assert.deepEqual([quantile([7], 0.99), quantile([], 0.5)], [7, undefined]);
    let made = 0;
    const trips = await measure(3, () =>
      made++ === 1 ? Promise.reject(new RpcError("RPC_TIMEDOUT", "no reply")) : Promise.resolve(),
    );
    assert.deepEqual([trips.calls, trips.lost], [3, 1]);
    await assert.rejects(
      measure(1, () => Promise.reject(new TypeError("ours"))),
      TypeError,
    );
  });
});

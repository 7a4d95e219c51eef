import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import type { CommanderError } from "commander";
import { DEFAULT_INDIRECT_DENY, RpcbindClient } from "../../src/portmapper/index.ts";
import { type CliOptions, commandLine } from "../../src/portmapper/cli/command-line.ts";
import { settings, userOption } from "../../src/portmapper/cli/settings.ts";
import { Command } from "./command.ts";

const HOST = "127.0.0.1";
const AT = ["--host", HOST, "--port", "0"];
const SERVICE = { program: 0x31237, version: 1 };

function parsed(...args: string[]): CliOptions {
  return commandLine()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .parse(args, { from: "user" })
    .opts();
}

const settingsOf = (...args: string[]): ReturnType<typeof settings> => settings(parsed(...args), undefined);

describe("tsrpcbind: options", function () {
  this.timeout(20_000);

  it("without any: rpcbind's port, nothing that is not asked for", () => {
    assert.deepEqual(settingsOf(), {
      port: 111,
      insecure: false,
      limits: {},
      indirect: false,
      prune: false,
      tellCalls: false,
    });
  });

  it("takes rpcbind's, apart and together", () => {
    assert.deepEqual(settingsOf("-i").insecure, true);
    assert.deepEqual(settingsOf("-r").indirect, {});
    assert.deepEqual(settingsOf("-l").tellCalls, true);
    assert.deepEqual(settingsOf("-d").tellCalls, true);
    assert.deepEqual(settingsOf("-w").state, { folder: "/run/tsrpcbind" });
    assert.deepEqual(settingsOf("-h", "192.0.2.1", "-h", "2001:db8::1").udpHosts, ["192.0.2.1", "2001:db8::1"]);
    assert.equal(userOption(parsed("-s")), "daemon");
    assert.deepEqual(settingsOf("-f"), settingsOf());
    const all = parsed("-adfilrsw", "-h", "192.0.2.1");
    assert.equal(all.abortOnErrors, true);
    assert.deepEqual(settings(all, { name: "daemon", uid: 1, gid: 2 }), {
      ...settingsOf("-i", "-l", "-r", "-h", "192.0.2.1"),
      state: { folder: "/run/tsrpcbind", uid: 1, gid: 2 },
    });
  });

  it("takes those of its own", () => {
    assert.deepEqual(settingsOf("--port", "1", "--host", HOST, "--socket", "/s").socket, "/s");
    assert.equal(settingsOf("--no-socket").socket, false);
    assert.deepEqual(settingsOf("--allow", "10.0.0.0/8", "--allow", "::1").allow, ["10.0.0.0/8", "::1"]);
    assert.deepEqual(settingsOf("--long-udp-replies", "10.0.0.0/8").longUdpReplies, ["10.0.0.0/8"]);
    assert.deepEqual(settingsOf("--state-dir", "/d").state, { folder: "/d" });
    assert.equal(settingsOf("--prune").prune, true);
    assert.deepEqual(settingsOf("--prune-interval", "5").prune, { intervalMs: 5000 });
    assert.deepEqual(settingsOf("-r", "--indirect-deny", "7", "--indirect-rate", "3").indirect, {
      deny: [...DEFAULT_INDIRECT_DENY, 7],
      maxPerSecond: 3,
    });
    assert.deepEqual(settingsOf("--max-entries", "16", "--max-entries-per-owner", "2").limits, {
      maxEntries: 16,
      maxEntriesPerOwner: 2,
    });
    assert.equal(settingsOf("--max-connections", "9").maxConnections, 9);
    assert.equal(settingsOf("--idle-timeout", "3").connectionIdleTimeoutMs, 3000);
    assert.equal(userOption(parsed("-s", "--user", "u")), "u");
  });

  const wrong: [string[], RegExp][] = [
    [["-Z"], /unknown option '-Z'/],
    [["more"], /too many arguments/],
    [["--port", "65536"], /from 0 to 65535/],
    [["--port", "1e3"], /from 0 to 65535/],
    [["--port"], /argument missing/],
    [["-h"], /argument missing/],
    [["--max-entries", "0"], /from 16 to/],
    [["--idle-timeout", "-1"], /from 1 to/],
    [["--indirect-deny", "4294967296"], /from 0 to 4294967295/],
    [["--log", "xml"], /Allowed choices are human, json, off/],
    [["--log-level", "loud"], /Allowed choices are/],
    [["--metrics", "x"], /from 0 to/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(" ")}, with exit code 1 as rpcbind does`, () => {
      assert.throws(
        () => parsed(...args),
        (error) => (error as CommanderError).exitCode === 1 && message.test((error as Error).message),
      );
    });
  }

  it("refuses what says nothing alone", () => {
    assert.throws(() => settingsOf("--indirect-deny", "1"), /without -r/);
    assert.throws(() => settingsOf("--indirect-rate", "1"), /without -r/);
  });

  for (const [args, message] of [
    [["--allow", "10.0.0.0/33"], /^tsrpcbind: allow: "10.0.0.0\/33" is no network/],
    [["--long-udp-replies", "x"], /^tsrpcbind: longUdpReplies: "x" is no network/],
    [["-h", "localhost"], /^tsrpcbind: udpHosts: "localhost" is no numeric address/],
    [["-h", "192.0.2.77"], /^tsrpcbind: .*EADDRNOTAVAIL/],
    [["--state-dir", "/dev/null"], /^tsrpcbind: .*EEXIST/],
    [["--socket", "/no-such-folder/s"], /^tsrpcbind: the folder of the UNIX socket is not there/],
  ] as const) {
    it(`ends with exit code 1 and a line for ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await new Command([...AT, ...args]).ended;
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(stderr.split("\n").length, 2, stderr);
    });
  }

  it("-a without -d: says that it is ignored, as rpcbind does, and serves", async () => {
    await using command = new Command([...AT, "-a"]);
    await command.port();
    await command.logLine("-a says nothing without -d: ignored");
    assert.equal((await command.end()).code, 0);
  });

  it("-h: listens over udp there and at loopback alone, and over tcp everywhere", async () => {
    const other = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
    const at = other ?? "127.0.0.2";
    await using command = new Command(["--port", "0", "-h", at, "--log", "off"]);
    const line = await command.firstLine();
    const port = /tcp 0\.0\.0\.0:(\d+)/.exec(line)?.[1] ?? "";
    assert.match(line, new RegExp(`udp ${at.replaceAll(".", "\\.")}:${port}, udp 127\\.0\\.0\\.1:${port}\\b`));
    assert.doesNotMatch(line, /udp 0\.0\.0\.0/);
    for (const host of [at, HOST]) {
      await using client = await RpcbindClient.connect({ host, transport: "udp", portmap: { port: Number(port) } });
      const own = (await client.v4.dump()).filter(({ netid, version }) => netid === "udp" && version === 2);
      assert.deepEqual(own.map(({ uaddr }) => uaddr), [`${at}.${Number(port) >> 8}.${Number(port) & 255}`]); // prettier-ignore
    }
  });

  it("-l: a line for each call; -f and --log json: in JSON, on standard error", async () => {
    await using command = new Command([...AT, "-lf", "--log", "json"]);
    const port = await command.port();
    await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
    assert.equal(await client.v3.getaddr(SERVICE), undefined);
    const line = JSON.parse(await command.logLine("called")) as Record<string, unknown>;
    const { time, peer, ...rest } = line;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.match(String(peer), /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(rest, {
      level: "info",
      event: "called",
      version: 3,
      procedure: "RPCBPROC_GETADDR",
      transport: "tcp",
      msg: `called RPCBPROC_GETADDR from ${String(peer)} over tcp`,
    });
  });

  it("logs what is registered for people, and only warnings where so told", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tsrpcbind-"));
    for (const level of ["info", "warn"]) {
      await using command = new Command([...AT, "--log-level", level]);
      const port = await command.port();
      await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
      await client.v4.set({ ...SERVICE, netid: "tcp", uaddr: "0.0.0.0.4.1" });
      const { code, stderr } = await command.end();
      assert.equal(code, 0);
      const line = /^\S+Z info {2}registered 201271 version 1 at tcp 0\.0\.0\.0\.4\.1 of (unknown|superuser)$/m;
      if (level === "info") assert.match(stderr, line);
      else assert.equal(stderr, "");
    }
    await rm(folder, { recursive: true });
  });

  it("--metrics: Prometheus's text on 127.0.0.1", async () => {
    await using command = new Command([...AT, "--metrics", "0"]);
    const port = await command.port();
    const url = /http:\S+$/.exec(await command.logLine("metrics at"))?.[0] ?? "";
    await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
    await client.v4.set({ ...SERVICE, netid: "tcp", uaddr: "0.0.0.0.4.1" });
    await client.v3.getaddr({ ...SERVICE, program: 1 });
    const response = await fetch(url);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    for (const line of [
      "tsrpcbind_registrations 7",
      'tsrpcbind_calls_total{version="4",procedure="SET"} 1',
      'tsrpcbind_calls_total{version="2",procedure="DUMP"} 0',
      'tsrpcbind_lookups_total{version="3",found="false"} 1',
      'tsrpcbind_events_total{event="registered",reason=""} 7',
    ]) {
      assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
    }
    assert.match(text, /^process_resident_memory_bytes \d+$/m);
    assert.equal((await fetch(new URL("/", url))).status, 404);
    assert.equal((await fetch(url, { method: "POST" })).status, 405);
    assert.equal((await command.end()).code, 0);
  });
});

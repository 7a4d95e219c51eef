import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_REGISTRY_LIMITS, Portmapper, Registry, RpcbindClient } from "../../src/portmapper/index.ts";
import { MAX_STATE_BYTES, STATE_FILE } from "../../src/portmapper/index.ts";
import type { PortmapperEvent, PortmapperOptions, Registration } from "../../src/portmapper/index.ts";
import { StateFile } from "../../src/portmapper/state.ts";
import { bootId } from "../../src/portmapper/state-reader.ts";
import { parseState, stateText } from "../../src/portmapper/state-text.ts";
import { Command } from "./command.ts";

const HOST = "127.0.0.1";
const SERVICE = { program: 0x31237, version: 1, netid: "tcp" };
const ADDRESS = "127.0.0.1.4.1";
const ENTRY: Registration = { ...SERVICE, address: ADDRESS, owner: "unknown", process: undefined };

describe("portmapper: warm start", function () {
  this.timeout(20_000);
  let folder = "";
  let events: PortmapperEvent[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsrpcbind-state-"));
    events = [];
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const file = (): string => join(folder, STATE_FILE);
  const kinds = (): string[] => events.map(({ kind }) => kind);

  function make(options: PortmapperOptions = {}): Portmapper {
    const onEvent = (event: PortmapperEvent): void => {
      events.push(event);
    };
    return new Portmapper({ host: HOST, port: 0, socket: false, state: { folder }, onEvent, ...options });
  }

  async function client(port: number): Promise<RpcbindClient> {
    return RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
  }

  it("writes one line for each registration", () => {
    const registrations = [
      { ...ENTRY, process: { pid: 7, startTicks: 12 } },
      { ...ENTRY, netid: 'o"dd', version: 2 },
    ];
    const text = stateText(registrations, "b");
    assert.equal(
      text,
      `{"tsrpcbind":1,"boot":"b","registrations":[
{"program":201271,"version":1,"netid":"tcp","address":"127.0.0.1.4.1","owner":"unknown","process":{"pid":7,"startTicks":12}},
{"program":201271,"version":2,"netid":"o\\"dd","address":"127.0.0.1.4.1","owner":"unknown"}
]}
`,
    );
    assert.deepEqual(parseState(text), { boot: "b", registrations: [registrations[0], registrations[1]] });
    assert.deepEqual(parseState(stateText([], null)), { boot: null, registrations: [] });
  });

  it("outlives a restart, with its owners, but for the portmapper's own entries", async () => {
    const first = make();
    await first.listen();
    first.registry.set({ ...ENTRY, owner: "1000" });
    first.registry.set({ ...ENTRY, version: 2 });
    first.registry.unset(SERVICE.program, 2, "", "unknown");
    await first.close();
    assert.equal((await stat(file())).mode & 0o777, 0o600);
    const { registrations } = parseState(await readFile(file(), "utf8"));
    assert.deepEqual(registrations, [{ ...ENTRY, owner: "1000" }]);

    events = [];
    await using second = make();
    await second.listen();
    assert.deepEqual(second.registry.findExact(SERVICE.program, 1, "tcp"), { ...ENTRY, owner: "1000" });
    assert.deepEqual(events[0], { kind: "restored", registrations: 1 });
    // Its own are listed first, as with rpcbind.
    assert.deepEqual(
      second.registry.registrations().map(({ program }) => program === SERVICE.program),
      [...Array<boolean>(second.registry.size - 1).fill(false), true],
    );
    assert.equal(second.registry.unset(SERVICE.program, 1, "tcp", "1001"), false, "another's");
  });

  it("has on disk what was answered, whenever it is killed", async () => {
    const args = ["--host", HOST, "--port", "0", "--state-dir", folder];
    for (let round = 1; round <= 3; round++) {
      await using command = new Command(args);
      await using asked = await client(await command.port());
      const before = await asked.v4.dump();
      assert.equal(before.filter(({ program }) => program === SERVICE.program).length, round - 1);
      assert.equal(
        await asked.v4.set({ program: SERVICE.program, version: round, netid: "tcp", uaddr: ADDRESS }),
        true,
      );
      await command.end("SIGKILL");
    }
    await using command = new Command(args);
    await using asked = await client(await command.port());
    assert.equal(await asked.v4.unset({ program: SERVICE.program, version: 2 }, "tcp"), true);
    await command.end("SIGKILL");
    const { registrations } = parseState(await readFile(file(), "utf8"));
    assert.deepEqual(registrations.map(({ version }) => version), [1, 3]); // prettier-ignore
  });

  it("writes many changes at once with few writes, the last one among them", async () => {
    const registry = new Registry();
    const state = new StateFile(registry, DEFAULT_REGISTRY_LIMITS, (event) => events.push(event), { folder });
    assert.deepEqual(state.restore(), []);
    state.begin();
    for (let version = 0; version < 2000; version++) registry.set({ ...ENTRY, version });
    await state.settled();
    assert.equal(parseState(await readFile(file(), "utf8")).registrations.length, 2000);
    registry.remove(registry.registrations()[0] ?? ENTRY);
    await state.close();
    assert.equal(parseState(await readFile(file(), "utf8")).registrations.length, 1999);
    assert.deepEqual(await readdir(folder), [STATE_FILE]);
    assert.deepEqual(events, []);
  });

  const good = stateText([ENTRY], bootId());
  const damaged: [string, string | Uint8Array, RegExp][] = [
    ["nothing", "", /no JSON/],
    ["the first half", good.slice(0, good.length / 2), /no JSON/],
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe, 0), /not valid/],
    ["another format", good.replace('"tsrpcbind":1', '"tsrpcbind":2'), /format/],
    ["a list", "[]", /no object/],
    ["no list", '{"tsrpcbind":1,"boot":null,"registrations":{}}', /no list/],
    ["a program beyond 32 bits", good.replace("201271", "4294967296"), /number/],
    ["a version that is no number", good.replace('"version":1', '"version":"1"'), /number/],
    ["no address", good.replace('"address"', '"addres"'), /address/],
    ["an owner who can be none", good.replace('"unknown"', '"root\\n"'), /owner/],
    ["a group of processes", good.replace('"unknown"', '"unknown","process":{"pid":-1}'), /process/],
    ["nesting without end", "[".repeat(1_000_000), /no JSON/],
  ];
  for (const [name, text, reason] of damaged) {
    it(`sets aside a file with ${name}, and goes on`, async () => {
      await writeFile(file(), text, { mode: 0o600 });
      await using portmapper = make();
      await portmapper.listen();
      const [event] = events;
      assert(event?.kind === "state-damaged", JSON.stringify(event));
      assert.match(event.reason, reason);
      assert.equal(event.setAside, `${file()}.damaged`);
      assert.deepEqual(await readFile(event.setAside), Buffer.from(text));
      assert.equal(portmapper.registry.findExact(SERVICE.program, 1, "tcp"), undefined);
      await portmapper.close();
      assert.deepEqual(parseState(await readFile(file(), "utf8")).registrations, []);
    });
  }

  it("sets aside a file that is too long, others may write to, or is none", async () => {
    const makers: [() => Promise<void>, RegExp][] = [
      [() => writeFile(file(), Buffer.alloc(MAX_STATE_BYTES + 1, 32), { mode: 0o600 }), /more than/],
      [() => writeFile(file(), good).then(() => chmod(file(), 0o620)), /others may write/],
      [() => symlink("/etc/passwd", file()), /ELOOP/],
      [() => mkdir(file()), /no file/],
    ];
    for (const [prepare, reason] of makers) {
      events = [];
      await prepare();
      await using portmapper = make();
      await portmapper.listen();
      const [event] = events;
      assert(event?.kind === "state-damaged");
      assert.match(event.reason, reason);
      await portmapper.close();
      assert.deepEqual(kinds().slice(1).filter((kind) => kind.startsWith("state")), []); // prettier-ignore
      await rm(`${file()}.damaged`, { recursive: true });
      await rm(file());
    }
  });

  it("takes nothing from before the system's last start", async function () {
    if (bootId() === null) this.skip();
    await writeFile(file(), stateText([ENTRY], "another"), { mode: 0o600 });
    await using portmapper = make();
    await portmapper.listen();
    assert.deepEqual(events[0], { kind: "state-outdated", path: file() });
    assert.equal(portmapper.registry.findExact(SERVICE.program, 1, "tcp"), undefined);
  });

  it("refuses a folder that others may write to", async () => {
    await chmod(folder, 0o777);
    await using portmapper = make();
    await assert.rejects(portmapper.listen(), /others .* may write/);
  });

  it("refuses a folder that the user whom it is to become can't write to", async function () {
    if (process.geteuid === undefined) this.skip();
    await using portmapper = make({ state: { folder, uid: 4242 } });
    await assert.rejects(portmapper.listen(), /belongs to user \d+, and user 4242, .* can't write to it: chown it/);
  });

  it("tells of what can't be written, and answers all the same", async () => {
    await using portmapper = make();
    const bound = await portmapper.listen();
    await portmapper.close();
    assert.ok(bound.length > 0);
    const registry = new Registry();
    const state = new StateFile(registry, DEFAULT_REGISTRY_LIMITS, (event) => events.push(event), { folder });
    state.restore();
    await rm(folder, { recursive: true });
    events = [];
    state.begin();
    await state.settled();
    assert.deepEqual(kinds(), ["state-not-written"]);
    await mkdir(folder, { mode: 0o700 });
    registry.set(ENTRY);
    await state.close();
    assert.equal(parseState(await readFile(file(), "utf8")).registrations.length, 1);
  });

  it("leaves room for its own entries where the limits are lower than before", async () => {
    const many = Array.from({ length: 40 }, (_, version) => ({ ...ENTRY, version }));
    await writeFile(file(), stateText(many, bootId()), { mode: 0o600 });
    await using portmapper = make({ limits: { maxEntries: 20 } });
    const bound = await portmapper.listen();
    assert.deepEqual(events[0], { kind: "restored", registrations: 8 });
    assert.equal(portmapper.registry.versionsOf(100_000, "tcp")?.high, 4);
    assert.equal(bound.length, 2);
  });
});

import assert from "node:assert/strict";
import { SUPERUSER, UNKNOWN } from "../../src/portmapper/owner.ts";
import { DEFAULT_REGISTRY_LIMITS, IPPROTO_TCP, IPPROTO_UDP, Registry } from "../../src/portmapper/registry.ts";
import type { Registration } from "../../src/portmapper/registry.ts";

const PROGRAM = 200_247;

function entry(version: number, netid: string, address: string, owner = UNKNOWN): Registration {
  return { program: PROGRAM, version, netid, address, owner };
}

function filled(...entries: Registration[]): Registry {
  const registry = new Registry();
  for (const each of entries) assert.ok(registry.set(each));
  return registry;
}

describe("portmapper: registry", () => {
  it("shows one list in the order of registration, in both views", () => {
    const entries = [
      entry(2, "udp", "0.0.0.0.3.233"),
      entry(1, "tcp6", "::.3.232"),
      entry(1, "tcp", "0.0.0.0.3.232"),
      entry(1, "local", "/tmp/x"),
    ];
    const registry = filled(...entries);
    assert.deepEqual(registry.registrations(), entries);
    assert.deepEqual(registry.mappings(), [
      { program: PROGRAM, version: 2, protocol: IPPROTO_UDP, port: 1001 },
      { program: PROGRAM, version: 1, protocol: IPPROTO_TCP, port: 1000 },
    ]);
  });

  it("takes a registration again, and not with another address", () => {
    const registry = filled(entry(1, "tcp", "0.0.0.0.4.5"));
    assert.equal(registry.set(entry(1, "tcp", "0.0.0.0.4.5", SUPERUSER)), true);
    assert.equal(registry.set(entry(1, "tcp", "0.0.0.0.4.6", SUPERUSER)), false);
    assert.deepEqual(registry.registrations(), [entry(1, "tcp", "0.0.0.0.4.5")]);
  });

  it("finds the version, else the latest of the program on that transport", () => {
    const registry = filled(entry(1, "tcp", "a"), entry(3, "tcp", "b"), entry(2, "tcp", "c"), entry(4, "udp", "d"));
    assert.equal(registry.find(PROGRAM, 3, "tcp")?.address, "b");
    assert.equal(registry.find(PROGRAM, 9, "tcp")?.address, "c");
    assert.equal(registry.find(PROGRAM, 1, "udp")?.address, "d");
    assert.equal(registry.find(PROGRAM, 1, "tcp6"), undefined);
    assert.equal(registry.find(PROGRAM + 1, 1, "tcp"), undefined);
  });

  it("finds a port as version 2 asks for one", () => {
    const registry = filled(entry(1, "tcp", "0.0.0.0.4.5"), entry(2, "tcp", "0.0.0.0.4.6"), entry(3, "tcp", "garbage"));
    assert.equal(registry.findMapping(PROGRAM, 1, IPPROTO_TCP)?.port, 1029);
    assert.equal(registry.findMapping(PROGRAM, 9, IPPROTO_TCP)?.port, 1030);
    assert.equal(registry.findMapping(PROGRAM, 3, IPPROTO_TCP)?.port, 1030);
    assert.equal(registry.findMapping(PROGRAM, 1, IPPROTO_UDP), undefined);
    assert.equal(registry.findMapping(PROGRAM, 1, 99), undefined);
  });

  it("forgets one transport, or all of a version, and says yes to nothing", () => {
    const registry = filled(entry(1, "tcp", "a"), entry(1, "udp", "a"), entry(1, "local", "a"), entry(2, "tcp", "b"));
    assert.equal(registry.unset(PROGRAM, 1, "tcp", UNKNOWN), true);
    assert.deepEqual(
      registry.registrations().map(({ netid }) => netid),
      ["udp", "local", "tcp"],
    );
    assert.equal(registry.unset(PROGRAM, 1, "", UNKNOWN), true);
    assert.deepEqual(registry.registrations(), [entry(2, "tcp", "b")]);
    assert.equal(registry.unset(PROGRAM, 1, "", UNKNOWN), true);
    assert.equal(registry.unset(PROGRAM, 2, "tcp", UNKNOWN), true);
    assert.equal(registry.size, 0);
    assert.equal(registry.find(PROGRAM, 2, "tcp"), undefined);
  });

  it("lets the owner alone forget, all or nothing", () => {
    const registry = filled(entry(1, "tcp", "a", "1000"), entry(1, "udp", "a", SUPERUSER));
    assert.equal(registry.unset(PROGRAM, 1, "udp", "1000"), false);
    assert.equal(registry.unset(PROGRAM, 1, "", "1000"), false);
    assert.equal(registry.size, 2);
    assert.equal(registry.unset(PROGRAM, 1, "", SUPERUSER), true);
    assert.equal(registry.size, 0);
  });

  it("is bounded", () => {
    assert.deepEqual(DEFAULT_REGISTRY_LIMITS, {
      maxEntries: 16_384,
      maxEntriesPerOwner: 4096,
      maxNetidBytes: 64,
      maxAddressBytes: 255,
    });
    const registry = new Registry({ maxEntries: 2 });
    assert.equal(registry.set(entry(1, "n".repeat(65), "a")), false);
    assert.equal(registry.set(entry(1, "tcp", "ä".repeat(128))), false);
    assert.equal(registry.set(entry(1, "n".repeat(64), "a".repeat(255))), true);
    assert.equal(registry.set(entry(2, "tcp", "a")), true);
    assert.equal(registry.set(entry(3, "tcp", "a")), false);
    // What stands already is no further entry.
    assert.equal(registry.set(entry(2, "tcp", "a")), true);
    assert.equal(registry.unset(PROGRAM, 2, "tcp", UNKNOWN), true);
    assert.equal(registry.set(entry(3, "tcp", "a")), true);
  });

  it("leaves room for others where one owner has many, root excepted", () => {
    const registry = new Registry({ maxEntriesPerOwner: 1 });
    assert.equal(registry.set(entry(1, "tcp", "a", "1000")), true);
    assert.equal(registry.set(entry(2, "tcp", "a", "1000")), false);
    assert.equal(registry.set(entry(2, "tcp", "a", "1001")), true);
    assert.equal(registry.set(entry(3, "tcp", "a", SUPERUSER)), true);
    assert.equal(registry.set(entry(4, "tcp", "a", SUPERUSER)), true);
    assert.equal(registry.unset(PROGRAM, 1, "tcp", "1000"), true);
    assert.equal(registry.set(entry(5, "tcp", "a", "1000")), true);
  });

  it("takes no text that ends a C string or steers a terminal", () => {
    const registry = new Registry();
    assert.equal(registry.set(entry(1, "tcp\0x", "a")), false);
    assert.equal(registry.set(entry(1, "tcp", "a\x1b[2J")), false);
    assert.equal(registry.set(entry(1, "tcp", "a\u009b2J")), false);
    assert.equal(registry.set(entry(1, "tcp", "a\x7f")), false);
    assert.equal(registry.size, 0);
  });

  it("does not mind the case of a netid, and keeps it", () => {
    const registry = filled(entry(1, "TCP", "0.0.0.0.4.5"));
    assert.equal(registry.find(PROGRAM, 1, "tcp")?.netid, "TCP");
    assert.equal(registry.set(entry(1, "tcp", "0.0.0.0.4.6")), false);
    assert.deepEqual(registry.mappings(), []);
    assert.equal(registry.unset(PROGRAM, 1, "tCp", UNKNOWN), true);
    assert.equal(registry.size, 0);
  });

  it("tells its watchers of each change", () => {
    const told: string[] = [];
    const registry = new Registry();
    const end = registry.watch({
      added: ({ version }) => told.push(`+${version}`),
      removed: ({ version }) => told.push(`-${version}`),
    });
    const [one, two] = [entry(1, "tcp", "a"), entry(2, "tcp", "b")];
    const before = registry.revision;
    registry.set(one);
    registry.set(entry(1, "tcp", "a"));
    registry.set(two);
    assert.equal(registry.remove(entry(1, "tcp", "a")), false, "another one that is equal is not this one");
    assert.equal(registry.remove(one), true);
    assert.equal(registry.remove(one), false);
    registry.unset(PROGRAM, 2, "", UNKNOWN);
    assert.deepEqual(told, ["+1", "+2", "-1", "-2"]);
    assert.equal(registry.revision, before + 4);
    end();
    registry.set(two);
    assert.equal(told.length, 4);
    assert.deepEqual(registry.versionsOf(PROGRAM, "tcp"), { low: 2, high: 2 });
    assert.deepEqual(registry.onAllTransports(PROGRAM, 2), [two]);
  });
});

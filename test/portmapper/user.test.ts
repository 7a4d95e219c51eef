import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RpcbindClient, STATE_FILE } from "../../src/portmapper/index.ts";
import { systemUser } from "../../src/portmapper/cli/user.ts";
import { Command } from "./command.ts";

const HOST = "127.0.0.1";
const AT = ["--host", HOST, "--port", "0", "--no-socket"];

/** Whether this is root, and there is another user whom it can become. */
function canBecomeDaemon(): boolean {
  if (process.geteuid?.() !== 0) return false;
  // A namespace may map root alone.
  const [, , count] = readFileSync("/proc/self/uid_map", "latin1").trim().split(/\s+/);
  return Number(count) > 65_534;
}

describe("tsrpcbind: --user", function () {
  this.timeout(20_000);

  for (const args of [["--user", "daemon"], ["-s"]]) {
    it(`${args.join(" ")}: becomes the user, in no group of root's, with a state file of the user's`, async function () {
      if (!canBecomeDaemon()) this.skip();
      const { uid, gid } = systemUser("daemon");
      const parent = mkdtempSync(join(tmpdir(), "tsrpcbind-user-"));
      // The user is to pass through.
      execFileSync("chmod", ["711", parent]);
      const folder = join(parent, "state");
      try {
        for (const found of [0, 1]) {
          await using command = new Command([...AT, ...args, "--state-dir", folder]);
          const port = await command.port();
          const status = readFileSync(`/proc/${String(command.child.pid)}/status`, "latin1");
          const field = (name: string): string => new RegExp(`^${name}:\\s*(.*?)\\s*$`, "m").exec(status)?.[1] ?? "?";
          assert.equal(field("Uid"), Array(4).fill(uid).join("\t"));
          assert.equal(field("Gid"), Array(4).fill(gid).join("\t"));
          assert.equal(field("Groups"), String(gid));
          for (const set of ["CapPrm", "CapEff", "CapInh"]) assert.match(field(set), /^0+$/, set);
          await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
          const ours = (await client.v4.dump()).filter(({ program }) => program === 0x31237);
          assert.equal(ours.length, found);
          const entry = { program: 0x31237, version: found, netid: "tcp", uaddr: "0.0.0.0.4.1" };
          assert.equal(await client.v4.set(entry), true);
          const { uid: fileUid, mode } = statSync(join(folder, STATE_FILE));
          assert.deepEqual([fileUid, mode & 0o777], [uid, 0o600]);
          assert.equal((await command.end()).code, 0);
        }
      } finally {
        rmSync(parent, { recursive: true });
      }
    });
  }

  it("refuses a user who is none, or root, in front of anything else", async function () {
    if (process.geteuid?.() !== 0) this.skip();
    for (const [name, message] of [
      ["no-such-user", /^tsrpcbind: there is no user "no-such-user"\n$/],
      ["--help", /^tsrpcbind: there is no user "--help"\n$/],
      ["root", /^tsrpcbind: the user root is root\n$/],
    ] as const) {
      const { code, stdout, stderr } = await new Command([...AT, `--user=${name}`]).ended;
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, message);
    }
  });

  it("is refused to whom is not root", async function () {
    if (process.geteuid?.() === 0) {
      if (!canBecomeDaemon()) this.skip();
      const { geteuid, seteuid } = process;
      assert.ok(seteuid !== undefined);
      const { uid } = systemUser("daemon");
      try {
        seteuid(uid);
        assert.equal(geteuid(), uid);
        assert.throws(() => systemUser("daemon"), /^Error: only root can run it as the user daemon$/);
      } finally {
        seteuid(0);
      }
      return;
    }
    const { code, stderr } = await new Command([...AT, "--user", "daemon"]).ended;
    assert.equal(code, 1);
    assert.match(stderr, /only root/);
  });
});

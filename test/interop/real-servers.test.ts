import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXPORTED, FILE, ganesha, mountd, notifyStatd, prepareNfs, restoreNfs, rstatd, statd } from "./daemons.ts";
import { needs, run } from "./namespace.ts";
import { OURS, type PortmapperKind, REAL } from "./portmappers.ts";
import { Running } from "./process.ts";
import { rpcinfo, tsrpcinfo } from "./rpcinfo-forms.ts";

const COMMANDS = {
  rpcbind: "rpcbind",
  rpcinfo: "rpcbind",
  "rpc.statd": "nfs-common",
  "sm-notify": "nfs-common",
  showmount: "nfs-common",
  "rpc.mountd": "nfs-kernel-server",
  exportfs: "nfs-kernel-server",
  "ganesha.nfsd": "nfs-ganesha-vfs",
  "nfs-ls": "libnfs-utils",
  "nfs-cat": "libnfs-utils",
  "rpc.rstatd": "rstatd",
  rup: "rstat-client",
};
const HOST = "127.0.0.1";

/** `program version protocol name` of what `rpcinfo -p` prints, without portmapper; tsrpcinfo must print the same. */
async function listed(): Promise<string[]> {
  const [real, ours] = await Promise.all([rpcinfo(["-p"]), tsrpcinfo(["-p"])]);
  assert.deepEqual(ours, real);
  return real.stdout
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([program]) => program !== "100000")
    .map(([program, version, protocol, , name]) => [program, version, protocol, name].join(" "))
    .sort();
}

const each = (program: number, name: string, versions: readonly number[]): string[] =>
  versions.flatMap((version) => ["tcp", "udp"].map((protocol) => `${program} ${version} ${protocol} ${name}`));

async function answers(netid: string, program: string, version: number): Promise<void> {
  const form = ["-T", netid, HOST, program, String(version)];
  const [real, ours] = await Promise.all([rpcinfo(form), tsrpcinfo(form)]);
  assert.match(real.stdout, new RegExp(`^program \\d+ version ${version} ready and waiting\n$`));
  assert.deepEqual(ours, real);
}

const showmount = async (): Promise<string> => (await run("showmount", ["-e", HOST])).stdout;
const url = (path = ""): string => `nfs://${HOST}${EXPORTED}${path}`;

/** The file is listed and read: libnfs asks for the ports of mount and NFS. */
async function filesAreRead(): Promise<void> {
  assert.match((await run("nfs-ls", [url()])).stdout, new RegExp(`^-rw-r--r-- .* ${FILE.name}\n$`));
  assert.equal((await run("nfs-cat", [url(`/${FILE.name}`)])).stdout, FILE.text);
}

const MOUNTD = each(100_005, "mountd", [1, 2, 3]);
const STATD = each(100_024, "status", [1]);
const GANESHA = [
  ...each(100_003, "nfs", [3]),
  ...each(100_005, "mountd", [1, 3]),
  ...each(100_011, "rquotad", [1, 2]),
  ...each(100_021, "nlockmgr", [4]),
];

/** A line of nfs-ganesha's, which asks the portmapper for a status monitor when it starts. */
const isStatdMissing = (line: string): boolean => line.includes("connect to statd failed");

describe("interop: real servers are found by real clients", function () {
  this.timeout(60_000);
  before(needs({ namespace: true, root: true, commands: COMMANDS }));

  for (const kind of [OURS, REAL]) withPortmapper(kind);

  describe("after kill -9 of tsrpcbind -w", () => {
    let folder = "";
    let portmapper: Running | undefined;
    const start = async (): Promise<void> => {
      portmapper = await OURS.start(["-w", "--state-dir", join(folder, "state")]);
    };
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "tsrpcbind-servers-"));
      await prepareNfs();
      await start();
    });
    after(async () => {
      await portmapper?.end();
      await restoreNfs();
      rmSync(folder, { recursive: true });
    });

    it("all are found as before, and each takes its own entries back", async () => {
      await using monitor = await statd();
      const log: string[] = [];
      await using nfs = await ganesha(log);
      assert.deepEqual(log.filter(isStatdMissing), []);
      const all = [...GANESHA, ...STATD].sort();
      assert.deepEqual(await listed(), all);
      await portmapper?.end("SIGKILL");
      await assert.rejects(showmount(), /RPC: /);
      await start();
      assert.deepEqual(await listed(), all);
      assert.equal(await showmount(), `Export list for ${HOST}:\n${EXPORTED} (everyone)\n`);
      await filesAreRead();
      assert.match(await notifyStatd(), /Host 127\.0\.0\.1 notified successfully/);
      // Whose they are has been kept, too: statd's belong to its user.
      await monitor.end();
      assert.deepEqual(await listed(), GANESHA);
      await nfs.end();
      assert.deepEqual(await listed(), []);
    });
  });
});

function withPortmapper({ name, start }: PortmapperKind): void {
  describe(`through ${name}`, () => {
    let portmapper: Running | undefined;
    before(async () => {
      await prepareNfs();
      portmapper = await start(["-r"]);
    });
    after(async () => {
      await portmapper?.end();
      await restoreNfs();
    });

    it("rpc.statd, by rpcinfo and by sm-notify, until it ends", async () => {
      await using server = await statd();
      assert.deepEqual(await listed(), STATD);
      for (const netid of ["tcp", "udp"]) await answers(netid, "status", 1);
      const log = await notifyStatd();
      assert.match(log, /Received PMAP_GETPORT result: [1-9]/);
      assert.match(log, /Host 127\.0\.0\.1 notified successfully/);
      await server.end();
      assert.deepEqual(await listed(), []);
    });

    it("rpc.mountd, by rpcinfo and by showmount -e, until it ends", async () => {
      await using server = await mountd();
      assert.deepEqual(await listed(), MOUNTD);
      for (const netid of ["tcp", "udp"]) await answers(netid, "mountd", 3);
      assert.equal(await showmount(), `Export list for ${HOST}:\n${EXPORTED} *\n`);
      await server.end();
      assert.deepEqual(await listed(), []);
    });

    it("nfs-ganesha, by showmount -e, nfs-ls and nfs-cat, until it ends", async () => {
      const log: string[] = [];
      await using server = await ganesha(log);
      assert.equal(log.filter(isStatdMissing).length, 1);
      assert.deepEqual(await listed(), GANESHA);
      for (const netid of ["tcp", "udp"]) await answers(netid, "nfs", 3);
      const form = ["-s"];
      assert.deepEqual(await tsrpcinfo(form), await rpcinfo(form));
      assert.equal(await showmount(), `Export list for ${HOST}:\n${EXPORTED} (everyone)\n`);
      await filesAreRead();
      await server.end();
      assert.deepEqual(await listed(), []);
    });

    it("rpc.rstatd, by rup of a host and by rup of all", async () => {
      await run("ip", ["link", "add", "b0", "type", "veth", "peer", "name", "b1"]);
      try {
        await run("ip", ["addr", "add", "10.9.1.1/24", "broadcast", "+", "dev", "b0"]);
        for (const link of ["b0", "b1"]) await run("ip", ["link", "set", link, "up"]);
        await using server = await rstatd();
        assert.deepEqual(
          await listed(),
          [1, 2, 3, 5].map((version) => `100001 ${version} udp rstatd`),
        );
        assert.match((await run("rup", [HOST])).stdout, /^localhost +.* up .*, load [\d. ]+\n$/);
        // It waits for others, for 12 s: the line of a host comes at once.
        await using all = new Running("stdbuf", ["-oL", "rup"]);
        assert.match(await all.line(() => true), /^10\.9\.1\.1 +.* up .*, load [\d. ]+$/);
        assert.equal(server.child.exitCode, null);
      } finally {
        await run("ip", ["link", "del", "b0"]);
      }
    });
  });
}

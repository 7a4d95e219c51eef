import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { RpcbindClient } from "tsrpcgen/portmapper";
import { RpcServer } from "tsrpcgen/runtime";
import { DateProgV1 } from "./gen/date.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { needs, run } from "./namespace.ts";
import { OURS, type PortmapperKind, REAL } from "./portmappers.ts";
import type { Running } from "./process.ts";
import { WITHOUT_PORTMAPPER, WITH_PORTMAPPER, WRONG, rpcinfo, tsrpcinfo } from "./rpcinfo-forms.ts";

const COMMANDS = { rpcbind: "rpcbind", rpcinfo: "rpcbind" };
const SERVICE = { program: 201_271, version: 1 };
const OTHER = { program: 300_002, version: 1 };

/** Forms at a time: each is mostly the start of a process. */
const AT_ONCE = 2;

function same(forms: readonly (readonly string[])[]): void {
  const both: Promise<unknown[]>[] = [];
  before(() => {
    for (const [i, form] of forms.entries()) {
      const done = both[i - AT_ONCE] ?? Promise.resolve([]);
      both[i] = done.catch(() => []).then(() => Promise.all([rpcinfo(form), tsrpcinfo(form)]));
      both[i].catch(() => undefined); // told below
    }
  });
  for (const [i, form] of forms.entries()) {
    it(["rpcinfo", ...form.map((word) => (word === "" ? '""' : word))].join(" "), async () => {
      const [real, ours] = (await both[i]) ?? [];
      assert.deepEqual(ours, real);
      assert.notEqual(ours, undefined);
    });
  }
}

/** The date program, registered over tcp, udp and local. */
async function dateServer(): Promise<RpcServer> {
  const server = new RpcServer();
  server.add(dateProgV1Service({ binDate: () => 0, strDate: () => "" }));
  await server.listen({ portmap: "required" });
  return server;
}

describe("interop: tsrpcinfo prints what rpcinfo prints, and exits as it does", function () {
  this.timeout(60_000);
  before(needs({ namespace: true, root: true, commands: COMMANDS }));

  describe("with rpcbind", () => {
    let portmapper: Running | undefined;
    let server: RpcServer | undefined;
    before(async () => {
      portmapper = await REAL.start();
      server = await dateServer();
    });
    after(async () => {
      await server?.close();
      await portmapper?.end();
    });

    same(WITH_PORTMAPPER);
  });

  for (const { name, start } of [OURS, REAL]) {
    it(`rpcinfo -d, with ${name}: takes a registration back, on one transport and on all`, async () => {
      const portmapper = await start();
      try {
        await using client = await RpcbindClient.connect();
        const netids = async (): Promise<string[]> =>
          (await client.dump()).filter(({ program }) => program === 300_001).map(({ netid }) => netid);
        for (const command of [rpcinfo, tsrpcinfo]) {
          for (const netid of ["tcp", "udp"] as const)
            await client.v4.set({ program: 300_001, version: 1, netid, uaddr: "0.0.0.0.9.9" });
          const quiet = { status: 0, stdout: "", stderr: "" };
          assert.deepEqual(await command(["-d", "-T", "udp", "300001", "1"]), quiet);
          assert.deepEqual(await netids(), ["tcp"]);
          assert.deepEqual(await command(["-d", "300001", "1"]), quiet);
          assert.deepEqual(await netids(), []);
          // Nothing to take back is no failure to rpcbind.
          assert.deepEqual(await command(["-d", "300001", "1"]), quiet);
        }
      } finally {
        await portmapper.end();
      }
    });
  }

  describe("with no portmapper", () => {
    same(WITHOUT_PORTMAPPER);
  });

  describe("with a command line that is wrong", () => {
    same(WRONG);
  });

  describe("of what a portmapper counted, rpcinfo -m, after the same calls", () => {
    async function counted(command: typeof rpcinfo, { start }: PortmapperKind): Promise<unknown> {
      const portmapper = await start(["-r"]);
      const server = await dateServer();
      try {
        await using udp = await RpcbindClient.connect({ host: "127.0.0.1", transport: "udp" });
        // Over which nothing is sent twice, and so counted twice, where the machine is slow.
        await using client = await RpcbindClient.connect({ host: "127.0.0.1", transport: "tcp" });
        const fresh = await command(["-m"]);
        for (let i = 0; i < 3; i++) await udp.v2.callit(DateProgV1.binDate, undefined);
        await udp.v3.callit(DateProgV1.binDate, undefined);
        await udp.v4.indirect(DateProgV1.binDate, undefined);
        await client.v2.getport({ program: 100_003, version: 3 }, 6);
        await client.v3.getaddr(SERVICE);
        await client.v4.getversaddr({ program: 7, version: 3 });
        await client.v4.getaddrlist(SERVICE);
        await client.v2.set({ ...OTHER, protocol: 17, port: 9 });
        await client.v3.set({ ...OTHER, netid: "tcp", uaddr: "0.0.0.0.9.9" });
        await client.v3.set({ ...OTHER, netid: "tcp", uaddr: "0.0.0.0.9.8" });
        await client.v4.unset(OTHER);
        await client.v2.dump();
        // More digits than a column of eight holds.
        for (let i = 0; i < 1100; i++) await client.v4.getaddr(SERVICE);
        return [fresh, await command(["-m"]), await command(["-m", "127.0.0.1"])];
      } finally {
        await server.close();
        await portmapper.end();
      }
    }

    let real: unknown;
    before(async () => {
      real = await counted(rpcinfo, REAL);
      assert.match(
        JSON.stringify(real),
        /PMAP_RMTCALL.*RPCB_RMTCALL \(version 3\).*indirect success failure.*110[0-9]\/110/,
      );
    });
    const others: [string, typeof rpcinfo, PortmapperKind][] = [
      ["tsrpcinfo of rpcbind", tsrpcinfo, REAL],
      ["rpcinfo of tsrpcbind", rpcinfo, OURS],
      ["tsrpcinfo of tsrpcbind", tsrpcinfo, OURS],
    ];
    for (const [name, command, kind] of others) {
      it(`${name} has the same tables as rpcinfo of rpcbind`, async () => {
        assert.deepEqual(await counted(command, kind), real);
      });
    }
  });

  describe("of a broadcast, rpcinfo -b", () => {
    const NETCONFIG = "/run/netconfig-with-broadcast";
    let portmapper: Running | undefined;
    let server: RpcServer | undefined;
    before(async () => {
      // Debian's has no transport that broadcasts, so that its rpcinfo -b always fails.
      const lines = await readFile("/etc/netconfig", "utf8");
      await writeFile(NETCONFIG, lines.replace(/^(udp\s+tpi_clts\s+)v/m, "$1vb"));
      await run("mount", ["--bind", NETCONFIG, "/etc/netconfig"]);
      await run("ip", ["link", "add", "b0", "type", "veth", "peer", "name", "b1"]);
      await run("ip", ["addr", "add", "10.9.1.1/24", "broadcast", "+", "dev", "b0"]);
      for (const name of ["b0", "b1"]) await run("ip", ["link", "set", name, "up"]);
    });
    afterEach(async () => {
      await server?.close();
      await portmapper?.end();
    });
    after(async () => {
      await run("ip", ["link", "del", "b0"]);
      await run("umount", ["/etc/netconfig"]);
    });

    for (const { name, start } of [OURS, REAL]) {
      it(`with ${name}: finds the same hosts, each once`, async () => {
        portmapper = await start(["-r"]);
        server = await dateServer();
        const form = ["-b", "201271", "1"];
        const [real, ours] = await Promise.all([rpcinfo(form), tsrpcinfo(form)]);
        assert.match(real.stdout, /^10\.9\.1\.1\.\d+\.\d+\t/);
        assert.equal(ours.stdout, `${real.stdout.split("\n")[0] ?? ""}\n`);
        assert.deepEqual([ours.status, ours.stderr], [real.status, ""]);
      });
    }
  });

  describe("but for what its manual says otherwise, or what tells nobody anything", () => {
    let portmapper: Running | undefined;
    before(async () => {
      portmapper = await REAL.start();
    });
    after(() => portmapper?.end());

    it("-n is heeded", async () => {
      const form = ["-n", "9", "-t", "127.0.0.1", "100000", "4"];
      assert.deepEqual((await rpcinfo(form)).status, 0);
      const stderr = "127.0.0.1: RPC: Remote system error - Connection refused\n";
      assert.deepEqual(await tsrpcinfo(form), { status: 1, stdout: "", stderr });
    });

    for (const form of [["host.invalid"], ["-s", "host.invalid"], ["-m", "host.invalid"]]) {
      it(`${form.join(" ")}: an unknown host is called that`, async () => {
        const real = await rpcinfo(form);
        assert.match(real.stderr, /RPC: \(unknown error code\)/);
        const stderr = real.stderr.replace("(unknown error code)", "Unknown host");
        assert.deepEqual(await tsrpcinfo(form), { ...real, stderr });
      });
    }

    it("a number of more than 32 bits is none", async () => {
      assert.match((await rpcinfo(["-t", "127.0.0.1", "100000", "4294967298"])).stdout, /version 2 ready/);
      const { status, stderr } = await tsrpcinfo(["-t", "127.0.0.1", "100000", "4294967298"]);
      assert.deepEqual([status, stderr], [1, "tsrpcinfo: 4294967298 is illegal version number\n"]);
    });
  });
});

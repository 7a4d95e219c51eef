import assert from "node:assert/strict";
import { hostname } from "node:os";
import { type Caller, RpcServer, authSys, serverAuthSys } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { captured } from "./capture.ts";
import { ProbeProgV1 } from "./gen/probe.ts";
import { probeProgV1Service } from "./gen/probe_svc.ts";
import { missing, run, skipSuite } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { TRANSPORTS, probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";

const AUTH_NONE = 0;
const AUTH_SYS = 1;
const AUTH_SHORT = 2;
const SIXTEEN = Array.from({ length: 16 }, (_, i) => 2000 + i);
/** That c/probe_who.c takes for TSRPC_GROUPS=17, without the last. */
const CLIPPED = Array.from({ length: 16 }, (_, i) => 1000 + i);
const ME = { machine: hostname(), uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

/** A server of ours that answers WHO with what the caller claims, and remembers the callers. */
function whoServer(callers: Caller[], options: ConstructorParameters<typeof RpcServer>[0] = {}): RpcServer {
  return new RpcServer(options).add(
    probeProgV1Service({
      who: ({ caller }) => {
        callers.push(caller);
        const { machinename = "", uid = 0, gid = 0, gids = [] } = caller.claimed ?? {};
        return { flavor: caller.flavor, machine: machinename, uid, gid, gids };
      },
    }),
  );
}

withPortmapper(OURS, "AUTH_SYS", () => {
  describe("our client calls a C server", () => {
    let server: Running;
    before(async () => {
      server = await probeServer("/run/auth-c.sock");
    });
    after(() => server.end());

    for (const transport of TRANSPORTS) {
      it(`over ${transport}, which sees what we say`, async () => {
        await using connection = await toProbe(transport);
        const who = (auth?: ReturnType<typeof authSys>): Promise<unknown> =>
          connection.call(ProbeProgV1.who, undefined, auth === undefined ? {} : { auth });
        assert.deepEqual(await who(), { flavor: AUTH_NONE, machine: "", uid: 0, gid: 0, gids: [] });
        assert.deepEqual(await who(authSys({ machinename: "wheel", uid: 4242, gid: 4243, gids: SIXTEEN })), {
          ...{ flavor: AUTH_SYS, machine: "wheel", uid: 4242, gid: 4243 },
          gids: SIXTEEN,
        });
        // -2, as `nobody` once was: C's uid_t is unsigned, and so is ours.
        const nobody = await who(authSys({ machinename: "", uid: 4_294_967_294, gid: 4_294_967_294, gids: [] }));
        assert.deepEqual(nobody, { flavor: AUTH_SYS, machine: "", uid: -2, gid: -2, gids: [] });
        const machinename = "m".repeat(255);
        const long = await who(authSys({ machinename: machinename + "cut", uid: 1, gid: 2, gids: [...SIXTEEN, 9999] }));
        assert.deepEqual(long, { flavor: AUTH_SYS, machine: machinename, uid: 1, gid: 2, gids: SIXTEEN });
        assert.deepEqual(await who(authSys()), {
          ...{ flavor: AUTH_SYS, ...ME },
          gids: process.getgroups?.().slice(0, 16),
        });
      });
    }
  });

  describe("a C client calls our server", () => {
    let server: RpcServer;
    const callers: Caller[] = [];
    before(async () => {
      server = whoServer(callers);
      await server.listen({ portmap: "required" });
    });
    after(() => server.close());
    beforeEach(() => callers.splice(0));

    /** What c/probe_who.c prints. */
    const who = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string[]> => {
      const { stdout } = await run((await cPrograms()).probe_who, args, { env: { ...process.env, ...env } });
      return stdout.trimEnd().split("\n");
    };

    for (const transport of TRANSPORTS) {
      describe(`over ${transport}`, () => {
        it("with credentials of its making", async () => {
          const mine = ["wheel", "4242", "4243", ...SIXTEEN.map(String)];
          const [answer, next] = await who([transport, "1", ...mine]);
          assert.equal(answer, `${AUTH_SYS} ${mine.join(" ")}`);
          assert.equal(next, `${AUTH_SYS} 92`);
          const [caller] = callers;
          const { stamp, ...claimed } = caller?.claimed ?? { stamp: 0 };
          assert.deepEqual(claimed, { machinename: "wheel", uid: 4242, gid: 4243, gids: SIXTEEN });
          assert(Math.abs(stamp - Date.now() / 1000) < 60);
          assert.equal(caller?.identity, undefined);
        });

        it("with those of its process", async () => {
          const [answer] = await who([transport, "1"]);
          const [flavor, machine, uid, gid, ...gids] = answer?.split(" ") ?? [];
          assert.deepEqual([flavor, machine, uid, gid], [`${AUTH_SYS}`, ME.machine, `${ME.uid}`, `${ME.gid}`]);
          // Node counts the effective group among the supplementary ones, whether or not it is.
          const others = (all: readonly number[]): number[] => all.filter((one) => one !== ME.gid).slice(0, 15);
          assert.deepEqual(others(gids.map(Number)), others(process.getgroups?.() ?? []));
        });

        it("with more than 16 groups: those of the process are clipped, those that it names give no credential", async () => {
          const mine = ["wheel", "4242", "4243", ...SIXTEEN.map(String), "9999"];
          assert.deepEqual(await who([transport, "1", ...mine]), ["no credential"]);
          if ((await missing({ root: true })) !== undefined) return;
          const [answer] = await who([transport, "1"], { TSRPC_GROUPS: "17" });
          assert.equal(answer, [AUTH_SYS, ...Object.values(ME), ...CLIPPED].join(" "));
          assert.deepEqual(callers[0]?.claimed?.gids, CLIPPED);
        });
      });
    }
  });

  describe("a C client calls our server, which answers with shorthands", () => {
    for (const transport of TRANSPORTS) {
      it(`over ${transport}`, async () => {
        const callers: Caller[] = [];
        await using server = whoServer(callers, { auth: [...serverAuthSys({ shorthand: true })] });
        await server.listen({ portmap: "required" });
        const args = [transport, "3", "wheel", "4242", "4243", "7"];
        const { stdout } = await run((await cPrograms()).probe_who, args);
        // Behind each answer: the credential of the next call.
        assert.deepEqual(stdout.trimEnd().split("\n"), [
          ...[`${AUTH_SYS} wheel 4242 4243 7`, `${AUTH_SHORT} 16`],
          ...[`${AUTH_SHORT} wheel 4242 4243 7`, `${AUTH_SHORT} 16`],
          ...[`${AUTH_SHORT} wheel 4242 4243 7`, `${AUTH_SHORT} 16`],
        ]);
        assert.deepEqual(
          callers.map(({ flavor, claimed }) => [flavor, claimed?.uid]),
          [AUTH_SYS, AUTH_SHORT, AUTH_SHORT].map((flavor) => [flavor, 4242]),
        );
      });
    }
  });

  describe("our client, as another user than root", () => {
    before(async function () {
      const reason = await missing({ root: true });
      if (reason !== undefined) skipSuite(this, reason);
    });

    it("claims its effective ids", async () => {
      await using server = whoServer([]);
      await server.listen({ portmap: "required" });
      await using connection = await toProbe("tcp");
      process.seteuid?.(65_534);
      try {
        const auth = authSys({ machinename: "wheel" });
        assert.equal((await connection.call(ProbeProgV1.who, undefined, { auth })).uid, 65_534);
      } finally {
        process.seteuid?.(0);
      }
    });
  });

  captured((messages) => {
    const flavors = new Set(messages.filter(({ type }) => type === "0").map(({ flavor }) => flavor));
    for (const flavor of [AUTH_NONE, AUTH_SYS, AUTH_SHORT]) assert(flavors.has(String(flavor)), `flavor ${flavor}`);
  });
});

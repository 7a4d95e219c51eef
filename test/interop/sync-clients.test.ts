import assert from "node:assert/strict";
import { RpcError, type RpcErrorCode, authSys } from "tsrpcgen/runtime";
import { type RpcSyncConnection, type SyncConnectOptions, connectSync } from "tsrpcgen/runtime/sync";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { PROBE_ONE, PROBE_PROG, ProbeProgV1 } from "./gen/probe.ts";
import { ProbeProgV1SyncClient } from "./gen/probe_clnt.ts";
import { withEachPortmapper } from "./portmappers.ts";
import { TRANSPORTS, probeServer } from "./probe.ts";
import type { Running } from "./process.ts";
import { AUTH_BASE, AUTH_STATS, WEAK_AUTH } from "./refusals.ts";

const SERVICE = { program: PROBE_PROG, version: PROBE_ONE };
const OTHER_PROGRAM = 0x2000_9999;

function fails(call: () => unknown, code: RpcErrorCode, details: Partial<RpcError> = {}): void {
  assert.throws(call, (error) => {
    assert(error instanceof RpcError);
    assert.equal(error.code, code);
    for (const [key, value] of Object.entries(details)) assert.equal(error[key as keyof RpcError], value);
    return true;
  });
}

withEachPortmapper("blocking clients and a C server", () => {
  let server: Running;

  before(async function () {
    skipFor(this, whyNoAddon());
    server = await probeServer("/run/sync-c.sock");
  });

  after(() => server.end());

  function toProbe(options: SyncConnectOptions): RpcSyncConnection {
    return connectSync(SERVICE, { host: "localhost", ...options });
  }

  for (const transport of TRANSPORTS) {
    describe(`over ${transport}`, () => {
      it("the portmapper's word leads to it, and its errors come back", () => {
        using client = ProbeProgV1SyncClient.connect({ host: "localhost", transport });
        assert.equal(client.connection.transport, transport);
        assert.equal(client.successor(41), 42);
        fails(() => client.refuse(1), "RPC_PROGUNAVAIL");
        fails(() => client.refuse(2), "RPC_PROGVERSMISMATCH", { low: 7, high: 9 });
        fails(() => client.refuse(3), "RPC_PROCUNAVAIL");
        fails(() => client.refuse(4), "RPC_CANTDECODEARGS");
        fails(() => client.refuse(5), "RPC_SYSTEMERROR");
        fails(() => client.refuse(WEAK_AUTH), "RPC_AUTHERROR", { authStat: "AUTH_TOOWEAK" });
        for (const [i, authStat] of AUTH_STATS.entries()) {
          fails(() => client.refuse(AUTH_BASE + i + 1), "RPC_AUTHERROR", { authStat });
        }
        assert.equal(client.successor(1), 2);
      });

      it("a program, a version and a procedure that it lacks", () => {
        using connection = toProbe({ transport });
        const { successor } = ProbeProgV1;
        fails(() => connection.call({ ...successor, program: OTHER_PROGRAM }, 1), "RPC_PROGUNAVAIL");
        fails(() => connection.call({ ...successor, version: 2 }, 1), "RPC_PROGVERSMISMATCH", { low: 1, high: 3 });
        fails(() => connection.call({ ...successor, number: 77 }, 1), "RPC_PROCUNAVAIL");
        fails(() => connectSync({ program: OTHER_PROGRAM, version: 1 }, { transport }), "RPC_PROGNOTREGISTERED");
      });

      it("AUTH_SYS is who it sees", () => {
        const auth = authSys({ machinename: "bench", uid: 11, gid: 12, gids: [13, 14] });
        using connection = toProbe({ transport, auth });
        assert.deepEqual(connection.call(ProbeProgV1.who, undefined), {
          flavor: 1,
          machine: "bench",
          uid: 11,
          gid: 12,
          gids: [13, 14],
        });
      });

      it("silence, and then the next call's answer", () => {
        using client = ProbeProgV1SyncClient.connect({ host: "localhost", transport });
        fails(() => client.refuse(0, { timeoutMs: 100 }), "RPC_TIMEDOUT");
        assert.equal(client.successor(5), 6);
      });

      if (transport === "udp") {
        it("what it drops is sent again, with the same xid", () => {
          using client = ProbeProgV1SyncClient.connect({ host: "localhost", transport, tryTimeoutMs: 100 });
          assert.equal(client.drop(2), 3);
          assert.equal(client.connection.stats().retransmissions, 2);
        });
      } else {
        it("batched calls, which the next ordinary one follows", () => {
          using client = ProbeProgV1SyncClient.connect({ host: "localhost", transport });
          const notes = Array.from({ length: 500 }, (_, i) => i);
          for (const note of notes) client.connection.send(ProbeProgV1.note, note);
          assert.deepEqual(client.noted(), notes);
        });
      }
    });
  }

  it("over tcp6, where the server has none: a clear error", () => {
    fails(() => toProbe({ transport: "tcp6", host: "::1" }), "RPC_PROGNOTREGISTERED");
  });

  it("the portmapper is asked over its socket alone where the option says so", () => {
    for (const transport of TRANSPORTS) {
      using connection = toProbe({ transport, portmap: { path: "/run/rpcbind.sock" } });
      assert.equal(connection.call(ProbeProgV1.successor, 1), 2);
    }
  });
});

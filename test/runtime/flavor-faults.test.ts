import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AuthAccepted, type AuthDecision, type ServerAuth, connect } from "../../src/runtime/index.ts";
import { ECHO, RUN, SERVICE, call, hexWords, serve, testService } from "./support.ts";

/** What was warned of while `run` ran. */
async function warnings(run: () => Promise<void>): Promise<string[]> {
  const told: string[] = [];
  const tell = ({ message }: Error): void => void told.push(message);
  process.on("warning", tell);
  try {
    await run();
    await new Promise(setImmediate); // warnings come in a later tick
  } finally {
    process.off("warning", tell);
  }
  return told;
}

/** A flavor in the place of AUTH_NONE. */
function flavor(authenticate: () => unknown): { readonly auth: readonly ServerAuth[] } {
  return { auth: [{ flavor: 0, authenticate: authenticate as () => AuthDecision }] };
}

const accepting = (more: object): AuthAccepted => ({ kind: "accept", ...more });
const throwing = (): never => {
  throw new Error("the context has ended");
};

// Over udp, where an error that nobody catches ends the process: every datagram could.
describe("runtime: a server's flavor that does what it must not", () => {
  const denied: readonly (readonly [what: string, authenticate: () => unknown, warning: RegExp])[] = [
    ["gives nothing", () => undefined, /a flavor of authentication failed/],
    ["gives what is no decision", () => ({ kind: "yes" }), /no decision/],
    [
      "rejects for a reason that there is not",
      () => ({ kind: "reject", authStat: "AUTH_NO" }),
      /no auth_stat "AUTH_NO"/,
    ],
    ["promises such a reason", async () => Promise.resolve({ kind: "reject", authStat: "AUTH_NO" }), /no auth_stat/],
  ];
  for (const [what, authenticate, warning] of denied) {
    it(`that ${what}: AUTH_FAILED, and a warning`, async () => {
      const { server, to } = await serve("udp", undefined, flavor(authenticate));
      await using connection = await connect(SERVICE, to);
      const told = await warnings(async () => {
        await assert.rejects(connection.call(ECHO, 1), { code: "RPC_AUTHERROR", authStat: "AUTH_FAILED" });
      });
      assert.equal(told.length, 1);
      assert.match(told[0] ?? "", warning);
      await server.close();
    });
  }

  it("that gives a promise of its own kind is waited for", async () => {
    const thenable = { then: (resolve: (decision: AuthDecision) => void) => { resolve({ kind: "accept" }); } }; // prettier-ignore
    const { server, to } = await serve(
      "udp",
      undefined,
      flavor(() => thenable),
    );
    await using connection = await connect(SERVICE, to);
    assert.equal(await connection.call(ECHO, 1), 1);
    await server.close();
  });

  it("unwraps nothing: GARBAGE_ARGS", async () => {
    const { server, to } = await serve(
      "udp",
      undefined,
      flavor(() => accepting({ unwrap: () => undefined })),
    );
    await using connection = await connect(SERVICE, to);
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CANTDECODEARGS" });
    await server.close();
  });

  it("can't wrap NULL's reply: SYSTEM_ERR, and a warning", async () => {
    const { server, to } = await serve(
      "udp",
      undefined,
      flavor(() => accepting({ wrap: throwing })),
    );
    await using connection = await connect(SERVICE, to);
    const told = await warnings(async () => {
      await assert.rejects(connection.call({ ...ECHO, number: 0 }, 1), { code: "RPC_SYSTEMERROR" });
    });
    assert.deepEqual(told, ["a flavor of authentication failed: the context has ended"]);
    await server.close();
  });

  it("can't wrap the reply to a call that comes again: SYSTEM_ERR, a warning, and it is not run again", async () => {
    let calls = 0;
    let contexts = 0;
    const run = (arg: number): number => {
      calls++;
      return arg;
    };
    const { server, bound } = await serve(
      "udp",
      testService(run),
      flavor(() => accepting({ wrap: contexts++ === 0 ? (body: Uint8Array) => body : throwing })),
    );
    const socket = createSocket("udp4");
    const ask = async (): Promise<string> => {
      const answer = once(socket, "message") as Promise<[Buffer]>;
      socket.send(call(7, RUN.number, 5), bound.port, bound.host);
      return hexWords((await answer)[0]);
    };
    assert.equal(await ask(), "00000007 00000001 00000000 00000000 00000000 00000000 00000005");
    const told = await warnings(async () => {
      assert.equal(await ask(), "00000007 00000001 00000000 00000000 00000000 00000005");
    });
    assert.deepEqual(told, ["a flavor of authentication failed: the context has ended"]);
    assert.equal(calls, 1);
    socket.close();
    await server.close();
  });
});

import assert from "node:assert/strict";
import {
  type ConnectOptions,
  type RpcConnection,
  RpcError,
  type ServerOptions,
  connect,
} from "../../../src/runtime/index.ts";
import { BLOB, ECHO, RUN, SERVICE, TEXT, serve, testService } from "../support.ts";
import { type Faults, type Proxy, SEED, tcpProxy, udpProxy } from "./proxy.ts";

/** Calls at a time: more would fill the sockets' buffers, and so make losses of their own. */
const AT_ONCE = 20;

/** Makes `count` calls, `AT_ONCE` of them at a time. */
async function each(count: number, call: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** A server of the test service, a proxy in front of it, and a client of the proxy. */
async function behind(
  netid: "tcp" | "udp",
  faults: Faults,
  options: ConnectOptions = {},
  service = testService(),
  serverOptions: ServerOptions = {},
): Promise<{
  connection: RpcConnection;
  proxy: Proxy;
  direct: () => Promise<RpcConnection>;
  end: () => Promise<void>;
}> {
  const { server, bound, to } = await serve(netid, service, serverOptions);
  const proxy = await (netid === "tcp" ? tcpProxy : udpProxy)(bound, faults);
  const { host, port } = proxy;
  const connection = await connect(SERVICE, { host, port, transport: netid, timeoutMs: 20_000, ...options });
  return {
    connection,
    proxy,
    direct: () => connect(SERVICE, to),
    end: async () => {
      await connection.close();
      await proxy.close();
      await server.close();
    },
  };
}

describe(`runtime: faults (TSRPC_SEED=${SEED})`, function () {
  this.timeout(60_000);

  it("udp, 20 % loss and 10 % duplication each way: every call is answered, with its own answer", async () => {
    const faults = { loss: 0.2, duplication: 0.1 };
    const { connection, proxy, end } = await behind("udp", faults, { tryTimeoutMs: 4 });
    await each(1000, async (i) => {
      assert.equal(await connection.call(ECHO, i), i);
      assert.equal(await connection.call(TEXT, `text ${i}`), `text ${i}`);
    });
    const { lost, duplicated } = proxy.counts;
    assert(lost > 500 && duplicated > 250, `${lost} lost, ${duplicated} duplicated`);
    assert(connection.stats().retransmissions > 500);
    assert.equal(connection.outstanding, 0);
    await end();
  });

  it("udp, a procedure that counts is run 10,000 times for 10,000 calls", async () => {
    let counter = 0;
    const counting = testService(() => ++counter);
    const faults = { loss: 0.1, duplication: 0.1 };
    const { connection, proxy, end } = await behind("udp", faults, { tryTimeoutMs: 4 }, counting);
    const seen = new Set<number>();
    await each(10_000, async () => {
      seen.add(await connection.call(RUN, 0));
    });
    assert.equal(counter, 10_000);
    assert.equal(seen.size, 10_000, "each call got the result of its own run");
    const { lost, duplicated } = proxy.counts;
    assert(lost > 1000 && duplicated > 1000, `${lost} lost, ${duplicated} duplicated`);
    await end();
  });

  it("udp, delays and reordering: replies find their calls", async () => {
    const { connection, proxy, end } = await behind("udp", { delay: 0.5, delayMs: 20 }, { tryTimeoutMs: 8 });
    const order: number[] = [];
    await each(1000, async (i) => {
      assert.equal(await connection.call(RUN, i), i);
      order.push(i);
    });
    assert(proxy.counts.delayed > 500);
    assert.notDeepEqual(
      order,
      order.toSorted((a, b) => a - b),
      "nothing was overtaken",
    );
    assert.equal(connection.outstanding, 0);
    await end();
  });

  it("udp, corrupted headers: no wrong answer, no crash, and another client's calls go on", async () => {
    // Behind the xid, which can become that of another call, up to where a reply has its results: RPC sees what is wrong there.
    const faults = { corruption: 0.3, corruptible: { from: 4, to: 24 } };
    const { connection, proxy, direct, end } = await behind("udp", faults, { tryTimeoutMs: 4, timeoutMs: 200 });
    await using other = await direct();
    let answered = 0;
    await each(1000, async (i) => {
      await connection.call(TEXT, `text ${i}`).then(
        (text) => {
          answered++;
          assert.equal(text, `text ${i}`);
        },
        (error: unknown) => {
          assert(error instanceof RpcError, String(error));
        },
      );
      assert.equal(await other.call(ECHO, i), i);
    });
    assert(proxy.counts.corrupted > 300);
    assert(answered > 300, `${answered} of 1000 were answered`);
    assert.equal(connection.outstanding, 0);
    await end();
  });

  it("tcp, split at random, down to each byte: every message arrives whole", async () => {
    for (const pieceBytes of [1, 3, 50]) {
      const { connection, proxy, end } = await behind("tcp", { pieceBytes });
      await each(100, async (i) => {
        assert.equal(await connection.call(TEXT, "x".repeat(i)), "x".repeat(i));
      });
      const blob = Uint8Array.from({ length: 2000 }, (_, i) => i);
      assert.deepEqual(await connection.call(BLOB, blob), blob);
      assert(proxy.counts.passed > 10_000 / pieceBytes);
      await end();
    }
  });

  it("tcp, delayed pieces: every message arrives, in order", async () => {
    const { connection, end } = await behind("tcp", { pieceBytes: 200, delay: 0.2, delayMs: 3 });
    await each(200, async (i) => {
      assert.equal(await connection.call(TEXT, `text ${i} `.repeat(20)), `text ${i} `.repeat(20));
    });
    await end();
  });

  it("corrupted anywhere, over tcp and udp: calls end, and a client beside goes on", async () => {
    for (const netid of ["tcp", "udp"] as const) {
      const options = { timeoutMs: 200, tryTimeoutMs: 10, reconnect: { maxAttempts: 2, initialDelayMs: 1 } };
      const { connection, proxy, direct, end } = await behind(netid, { corruption: 0.5 }, options);
      await using other = await direct();
      let ended = 0;
      await each(500, async (i) => {
        await connection.call(TEXT, `text ${i}`).catch((error: unknown) => {
          assert(error instanceof RpcError, String(error));
        });
        ended++;
        assert.equal(await other.call(ECHO, i), i);
      });
      assert.equal(ended, 500);
      assert(proxy.counts.corrupted >= 5, `${proxy.counts.corrupted} over ${netid}`);
      assert.equal(connection.outstanding, 0);
      await end();
    }
  });
});

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mock } from "node:test";
import { UdpBatchSocket } from "../../src/ipc/udp-batch.ts";
import { RpcAddress } from "../../src/runtime/address.ts";
import { MAX_DATAGRAMS_QUEUED, MAX_UDP_BYTES } from "../../src/runtime/limits.ts";
import { RpcServer, connect } from "../../src/runtime/index.ts";
import { whyNoPrimitives } from "../../src/runtime/transport/native.ts";
import { UdpBatchTransport } from "../../src/runtime/transport/udp/transport.ts";
import { until } from "./raw-server.ts";
import { ECHO, SERVICE, testService, words } from "./support.ts";

const ON = { tcp: false, local: false, portmap: "off" } as const;

describe("runtime: udp by the addon", () => {
  const transports: UdpBatchTransport[] = [];

  before(function () {
    const reason = whyNoPrimitives();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
  afterEach(async () => {
    mock.restoreAll();
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
  });

  function serving(): UdpBatchTransport {
    const transport = new UdpBatchTransport(UdpBatchSocket.bind({ address: "127.0.0.1" }), "udp", 8800, undefined);
    transports.push(transport);
    return transport;
  }

  function connected(to: RpcAddress): UdpBatchTransport {
    const socket = UdpBatchSocket.bind();
    socket.connect({ address: to.host, port: to.port });
    const transport = new UdpBatchTransport(socket, "udp", MAX_UDP_BYTES, to);
    transports.push(transport);
    return transport;
  }

  /** What comes, as text. */
  function started(transport: UdpBatchTransport, then?: (text: string, from: RpcAddress) => void): string[] {
    const got: string[] = [];
    transport.start({
      message: (bytes, from) => {
        got.push(Buffer.from(bytes).toString());
        then?.(Buffer.from(bytes).toString(), from);
      },
      lost: () => undefined,
      closed: () => undefined,
    });
    return got;
  }

  it("answers from the address that was asked, as libtirpc's servers do", async () => {
    await using server = new RpcServer().add(testService());
    const [bound] = await server.listen({ ...ON, udp: { host: "0.0.0.0" } });
    const port = bound?.port ?? 0;
    for (const host of ["127.0.0.1", "127.0.0.2", "127.1.2.3"]) {
      await using client = await connect(SERVICE, { host, port, transport: "udp" });
      assert.equal(await client.call(ECHO, 7), 7);
      const raw = createSocket("udp4").bind(0, "127.0.0.1");
      raw.send(words(1, 0, 2, SERVICE.program, SERVICE.version, 0, 0, 0, 0, 0), port, host);
      const [reply, from] = (await once(raw, "message")) as [Buffer, { address: string; port: number }];
      assert.deepEqual(reply, words(1, 1, 0, 0, 0, 0));
      assert.deepEqual([from.address, from.port], [host, port]);
      raw.close();
    }
  });

  it("sends those of one tick by few calls of the kernel, in their order, and answers so", async () => {
    const server = serving();
    const got = started(server, (text, from) => { server.send(Buffer.from(`to ${text}`), from); }); // prettier-ignore
    const client = connected(server.local);
    const answers = started(client);
    const sends = mock.method(UdpBatchSocket.prototype, "sendBatch");
    const texts = Array.from({ length: 100 }, (_, i) => String(i));
    for (const text of texts) client.send(Buffer.from(text));
    await until(() => answers.length === 100);
    assert.deepEqual(got, texts);
    assert.deepEqual(answers, texts.map((text) => `to ${text}`)); // prettier-ignore
    // 32 at a time: four of the client's, and at least as many of the server's, which reads as many at a time.
    const count = sends.mock.callCount();
    assert(count >= 8 && count <= 20, String(count));
  });

  it("of two sockets in turns in one tick each one's keep their order", async () => {
    const servers = [serving(), serving()];
    const got = servers.map((server) => started(server));
    const clients = servers.map((server) => connected(server.local));
    for (let i = 0; i < 10; i++) for (const client of clients) client.send(Buffer.from(String(i)));
    await until(() => got.every(({ length }) => length === 10));
    for (const texts of got) assert.deepEqual(texts, Array.from("0123456789"));
  });

  /** Has the system take so many of each batch, and whatever comes behind these. */
  function taking(plan: number[]): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
    const { sendBatch } = UdpBatchSocket.prototype;
    mock.method(
      UdpBatchSocket.prototype,
      "sendBatch",
      function (this: UdpBatchSocket, ...[space, all, first, end]: Parameters<typeof sendBatch>) {
        const most = plan.length === 0 ? end - first : Math.min(plan.shift() ?? 0, end - first);
        return most === 0 ? 0 : sendBatch.call(this, space, all, first, first + most);
      },
    );
  }

  for (const plan of [[0], [5, 0], [0, 32, 0, 32, 32, 0], [0, 32, 7, 0, 0, 1, 0]]) {
    it(`waits for room, keeps the order, and closes when all has left: ${plan.join(", ")} at a time`, async () => {
      const server = serving();
      const got = started(server);
      const client = connected(server.local);
      started(client);
      taking(plan);
      const texts = Array.from({ length: 2 * MAX_DATAGRAMS_QUEUED }, (_, i) => String(i));
      for (const text of texts) client.send(Buffer.from(text));
      assert.equal(client.hasRoom, false);
      let left = -1;
      const flushed = client.flush().then(() => { left = plan.length; }); // prettier-ignore
      client.send(Buffer.from("last"));
      const closed = client.close();
      client.send(Buffer.from("after the end"));
      await Promise.all([flushed, closed]);
      assert.equal(left, 0, "nothing waited any more");
      await until(() => got.includes("last"));
      assert.deepEqual(got, [...texts, "last"]);
    });
  }

  it("what is sent by who is told of a failure goes where it is to go, in the middle of another's sending", async () => {
    const servers = [serving(), serving()];
    const got = servers.map((server) => started(server));
    const [first, second] = servers.map((server) => connected(server.local)) as [UdpBatchTransport, UdpBatchTransport];
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
    const { sendBatch } = UdpBatchSocket.prototype;
    let fails = 1;
    mock.method(
      UdpBatchSocket.prototype,
      "sendBatch",
      function (this: UdpBatchSocket, ...args: Parameters<typeof sendBatch>) {
        if (fails-- > 0) throw Object.assign(new Error("no"), { code: "EPERM" });
        return sendBatch.apply(this, args);
      },
    );
    first.send(Buffer.from("lost"), undefined, () => {
      first.send(Buffer.from("first's"));
    });
    second.send(Buffer.from("second's"));
    await until(() => got.every(({ length }) => length > 0));
    assert.deepEqual(got, [["first's"], ["second's"]]);
  });

  it("what is refused in the place of another goes again, once", async () => {
    const server = serving();
    const got = started(server);
    const client = connected(server.local);
    const lost: string[] = [];
    client.start({
      message: () => undefined,
      lost: ({ message }) => lost.push(message),
      closed: () => undefined,
    });
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
    const { sendBatch } = UdpBatchSocket.prototype;
    let refusals = 3;
    mock.method(
      UdpBatchSocket.prototype,
      "sendBatch",
      function (this: UdpBatchSocket, ...args: Parameters<typeof sendBatch>) {
        if (refusals-- > 0) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
        return sendBatch.apply(this, args);
      },
    );
    const failed: unknown[] = [];
    for (const text of ["twice refused, as good as lost", "once refused", "not refused"])
      client.send(Buffer.from(text), undefined, (error) => failed.push(error));
    await until(() => got.length === 2);
    assert.deepEqual(got, ["once refused", "not refused"]);
    assert.deepEqual(lost, ["refused", "refused", "refused"]);
    assert.deepEqual(failed, []);
  });

  it("paused, it reads no further: what was read, and what comes, waits", async () => {
    const watches = mock.method(UdpBatchSocket.prototype, "watch");
    const server = serving();
    const got = started(server, (text) => {
      if (text === "2" || text === "5") server.pause();
    });
    const client = connected(server.local);
    for (let i = 0; i < 8; i++) client.send(Buffer.from(String(i)));
    await until(() => got.length === 3);
    client.send(Buffer.from("8"));
    const receives = mock.method(UdpBatchSocket.prototype, "receiveBatch");
    for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
    assert.equal(receives.mock.callCount(), 0);
    assert.equal(watches.mock.calls.at(-1)?.arguments[0], 0, "nothing is watched, which would come again and again");
    assert.equal(got.length, 3);
    server.resume();
    assert.deepEqual(got, ["0", "1", "2", "3", "4", "5"]);
    server.resume();
    await until(() => got.length === 9);
    assert.deepEqual(got, Array.from("012345678"));
  });

  it("tells of what can't be sent, and sends the rest", async () => {
    const server = serving();
    const got = started(server);
    const client = connected(server.local);
    started(client);
    const failed: string[] = [];
    const tell = (name: string) => (error: Error) => void failed.push(`${name} ${error.message}`);
    client.send(Buffer.from("before"), undefined, tell("before"));
    client.send(new Uint8Array(MAX_UDP_BYTES + 1), undefined, tell("large"));
    client.send(Buffer.from("behind"), undefined, tell("behind"));
    server.send(Buffer.from("x"), RpcAddress.inet("udp", "127.0.0.1", 9), tell("stranger"));
    await until(() => got.length === 2);
    assert.deepEqual(got, ["before", "behind"]);
    assert.deepEqual(failed, [
      `large ${MAX_UDP_BYTES + 1} bytes are no datagram`,
      "stranger nothing has come from udp 127.0.0.1:9",
    ]);
    const sends = mock.method(UdpBatchSocket.prototype, "sendBatch", () => {
      throw Object.assign(new Error("no"), { code: "EPERM" });
    });
    client.send(Buffer.from("1"), undefined, tell("first"));
    client.send(Buffer.from("2"), undefined, tell("second"));
    await client.flush();
    assert.deepEqual(failed.slice(2), ["first no", "second no"]);
    assert.equal(sends.mock.callCount(), 2);
  });

  it("keeps what it sends: the caller's bytes may change behind it", async () => {
    const server = serving();
    const got = started(server);
    const client = connected(server.local);
    const bytes = Buffer.from("first");
    client.send(bytes);
    bytes.write("other");
    client.send(bytes);
    await until(() => got.length === 2);
    assert.deepEqual(got, ["first", "other"]);
  });

  it("many clients have each its own answers", async () => {
    await using server = new RpcServer().add(testService());
    const [bound] = await server.listen({ ...ON, udp: { host: "127.0.0.1" } });
    const port = bound?.port ?? 0;
    // More than the peers that a transport remembers.
    const clients = await Promise.all(
      Array.from({ length: 300 }, () => connect(SERVICE, { host: "127.0.0.1", port, transport: "udp" })),
    );
    // A few at a time: the system's buffer has no room for all.
    for (let first = 0; first < 300; first += 50) {
      const some = clients.slice(first, first + 50);
      assert.deepEqual(
        await Promise.all(some.map((client, i) => client.call(ECHO, first + i))),
        some.map((_, i) => first + i),
      );
    }
    // And back to those who were first.
    for (let first = 0; first < 300; first += 50) {
      const some = clients.slice(first, first + 50);
      assert.deepEqual(
        await Promise.all(some.map((client, i) => client.call(ECHO, 1000 + first + i))),
        some.map((_, i) => 1000 + first + i),
      );
    }
    await Promise.all(clients.map((client) => client.close()));
  });
});

import assert from "node:assert/strict";
import { type RemoteInfo, type Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { INITIAL_TRY_TIMEOUT_MS, MAX_TRY_TIMEOUT_MS, MIN_TRY_TIMEOUT_MS } from "../../src/runtime/limits.ts";
import { type RpcConnection, connect } from "../../src/runtime/index.ts";
import { RoundTripTime, tryTimeoutMs } from "../../src/runtime/retransmission.ts";
import { ECHO, SERVICE, hexWords, words } from "./support.ts";

describe("runtime: calls over udp", () => {
  let socket: Socket;
  let connection: RpcConnection;

  beforeEach(async () => {
    socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    connection = await connect(SERVICE, { host: "127.0.0.1", port, transport: "udp", tryTimeoutMs: 5 });
  });

  afterEach(async () => {
    await connection.close();
    socket.close();
  });

  const receive = async (): Promise<[Buffer, RemoteInfo]> => (await once(socket, "message")) as [Buffer, RemoteInfo];
  const reply = (request: Buffer, to: RemoteInfo, result: number): void => {
    socket.send(Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, result)]), to.port, to.address);
  };

  it("are sent again, byte for byte, until there is a reply", async () => {
    const result = connection.call(ECHO, 9);
    const [first] = await receive();
    const [second] = await receive();
    const [third, to] = await receive();
    assert.equal(hexWords(second), hexWords(first));
    assert.equal(hexWords(third), hexWords(first));
    reply(third, to, 9);
    assert.equal(await result, 9);
    assert.equal(connection.stats().retransmissions >= 2, true);
    assert.equal(connection.outstanding, 0);
  });

  it("carry what their arguments were when they were made", async () => {
    const args = { number: 1 };
    const result = connection.call(
      { ...ECHO, args: { encode: (w, value: { number: number }) => { w.int32(value.number); }, decode: () => args } }, // prettier-ignore
      args,
    );
    const [first] = await receive();
    args.number = 2;
    const [second, to] = await receive();
    assert.equal(hexWords(second), hexWords(first));
    reply(second, to, 1);
    assert.equal(await result, 1);
  });

  it("end with their time, and send nothing more", async () => {
    await assert.rejects(connection.call(ECHO, 1, { timeoutMs: 30 }), { code: "RPC_TIMEDOUT" });
    const { retransmissions } = connection.stats();
    assert.ok(retransmissions >= 1 && retransmissions <= 6, `${retransmissions} in 30 ms, doubled from 5 on`);
    assert.equal(connection.outstanding, 0);
  });

  it("take the first reply, and drop further ones", async () => {
    const result = connection.call(ECHO, 3, { tryTimeoutMs: 1000 });
    const [request, to] = await receive();
    reply(request, to, 3);
    reply(request, to, 4);
    assert.equal(await result, 3);
    const next = connection.call(ECHO, 5, { tryTimeoutMs: 1000 });
    const [second] = await receive();
    reply(second, to, 5);
    assert.equal(await next, 5);
    assert.equal(connection.stats().strayReplies, 1);
  });

  it("wait by RFC 6298's estimate of the round trip", () => {
    const time = new RoundTripTime();
    assert.equal(time.tryTimeoutMs, INITIAL_TRY_TIMEOUT_MS);
    time.sample(200);
    assert.equal(time.tryTimeoutMs, 200 + 4 * 100);
    time.sample(200);
    assert.equal(time.tryTimeoutMs, 200 + 4 * 75);
    for (let i = 0; i < 100; i++) time.sample(1);
    assert.equal(time.tryTimeoutMs, MIN_TRY_TIMEOUT_MS);
    for (let i = 0; i < 100; i++) time.sample(1e6);
    assert.equal(time.tryTimeoutMs, MAX_TRY_TIMEOUT_MS);
  });

  it("wait twice as long each time, within a tenth and a bound", () => {
    const middle = (): number => 0.5;
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((transmissions) => tryTimeoutMs(1000, transmissions, middle)),
      [1000, 2000, 4000, 8000, 15_000, 15_000],
    );
    assert.equal(
      tryTimeoutMs(1000, 1, () => 0),
      900,
    );
    assert.equal(tryTimeoutMs(20_000, 3, middle), 20_000);
  });
});

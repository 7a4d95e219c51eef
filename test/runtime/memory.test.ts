import assert from "node:assert/strict";
import { type CallOptions, RpcClient, RpcServer } from "../../src/runtime/index.ts";
import { callOptions } from "../../src/runtime/client.ts";
import { MIN_MESSAGE_BYTES } from "../../src/runtime/limits.ts";
import { memoryTransports } from "../../src/runtime/memory.ts";
import { gate, until } from "./raw-server.ts";
import { BLOB, ECHO, RUN, TEXT, testService, words } from "./support.ts";

/** What the generator makes. */
class TestClient extends RpcClient {
  echo(value: number, options?: CallOptions): Promise<number> {
    return this.connection.call(ECHO, value, callOptions(this, options));
  }
  text(value: string): Promise<string> {
    return this.connection.call(TEXT, value);
  }
}

describe("runtime: a server without a socket", () => {
  it("a generated client calls it, and nothing of the system is used", async () => {
    const handles = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|UDP|Timeout/.test(name));
    await Promise.resolve(); // mocha's own timer runs from here on
    const before = handles();
    const server = new RpcServer().add(testService());
    const client = new TestClient(server.connect());
    assert.deepEqual(await Promise.all([client.echo(1), client.text("zwei"), client.echo(3)]), [1, "zwei", 3]);
    assert.equal(server.connections, 1);
    const { connection } = client;
    assert.deepEqual(
      [connection.transport, String(connection.peer), connection.connected],
      ["local", "local (memory)", true],
    );
    await connection.call(ECHO, 1, { timeoutMs: Infinity });
    assert.deepEqual(handles(), before);
    await connection.close();
    await until(() => server.connections === 0);
    await server.close();
  });

  it("messages are copied: what is changed behind the call does not change it", async () => {
    const server = new RpcServer().add(testService());
    const connection = server.connect();
    const blob = new Uint8Array(1000).fill(1);
    const result = connection.call(BLOB, blob);
    blob.fill(2);
    assert.deepEqual(await result, new Uint8Array(1000).fill(1));
    await connection.close();
    await server.close();
  });

  it("has the bounds of its messages", async () => {
    const server = new RpcServer({ maxRecordBytes: MIN_MESSAGE_BYTES }).add(testService());
    const connection = server.connect();
    await assert.rejects(connection.call(TEXT, "x".repeat(100)), { code: "RPC_CANTENCODEARGS" });
    assert.equal(await connection.call(ECHO, 1), 1);
    await connection.close();
    await server.close();
  });

  it("close() of the client: calls in flight are RPC_CLOSED, later ones too", async () => {
    const started = gate();
    const server = new RpcServer({ closeTimeoutMs: 0 }).add(
      testService(() => {
        started.open();
        return new Promise<number>(() => undefined);
      }),
    );
    const connection = server.connect();
    const result = assert.rejects(connection.call(RUN, 1), { code: "RPC_CLOSED" });
    await started.promise;
    await connection.close();
    await result;
    await connection.close();
    await connection.closed;
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CLOSED" });
    assert.equal(connection.connected, false);
    await server.close();
  });

  it("close() of the server: calls in flight are answered, if they end in time, else RPC_CANTRECV; no more connections", async () => {
    const started = gate();
    const finish = gate();
    const server = new RpcServer({ closeTimeoutMs: 20 }).add(
      testService(async (arg) => {
        if (arg === 2) return new Promise<number>(() => undefined);
        started.open();
        await finish.promise;
        return arg;
      }),
    );
    const [one, two] = [server.connect(), server.connect()];
    const answered = one.call(RUN, 1);
    const lost = assert.rejects(two.call(RUN, 2), { code: "RPC_CANTRECV" });
    await started.promise;
    const closing = server.close();
    assert.throws(() => server.connect(), { code: "RPC_CLOSED" });
    finish.open();
    assert.equal(await answered, 1);
    await closing;
    await lost;
    await Promise.all([one.closed, two.closed]);
    await assert.rejects(one.call(ECHO, 1), { code: "RPC_CANTRECV" });
    await one.close();
    await two.close();
  });

  it("both close at once", async () => {
    const server = new RpcServer().add(testService());
    const connection = server.connect();
    const result = connection.call(ECHO, 1).catch((error: unknown) => (error as { code: string }).code);
    await Promise.all([connection.close(), server.close(), connection.close()]);
    assert.equal(await result, "RPC_CLOSED");
  });

  it("the pair: order, pause, flush, and an end that is told once to each", async () => {
    const [a, b] = memoryTransports(1000);
    const log: string[] = [];
    const sink = (name: string): Parameters<typeof a.start>[0] => ({
      message: (bytes) => void log.push(`${name} ${Buffer.from(bytes).toString("hex")}`),
      lost: () => undefined,
      closed: (error) => void log.push(`${name} closed ${String(error?.message)}`),
    });
    a.start(sink("a"));
    a.send(words(1));
    a.send(words(2));
    let isFlushed = false;
    const flushed = a.flush().then(() => (isFlushed = true));
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    assert.deepEqual([log, isFlushed], [[], false]);
    b.start(sink("b"));
    await flushed;
    b.pause();
    a.send(words(3));
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    assert.deepEqual(log, ["b 00000001", "b 00000002"]);
    b.resume();
    a.destroy(new Error("enough"));
    a.destroy(new Error("more"));
    await b.close();
    assert.deepEqual(log, ["b 00000001", "b 00000002", "b 00000003", "a closed enough", "b closed undefined"]);
    a.send(words(4));
    await new Promise(setImmediate);
    assert.equal(log.length, 5);
  });
});

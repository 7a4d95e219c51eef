import assert from "node:assert/strict";
import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { openTelemetry } from "../../src/opentelemetry/index.ts";
import { RpcServer, connect } from "../../src/runtime/index.ts";
import { ABSENT, ECHO, PROGRAM, RUN, SERVICE, connectTo, listenOn, testService } from "../runtime/support.ts";

describe("opentelemetry", () => {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const measurements = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: measurements, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const contexts = new AsyncLocalStorageContextManager();
  const { client, server: serverInterceptor } = openTelemetry({ tracerProvider, meterProvider });

  before(() => {
    context.setGlobalContextManager(contexts.enable());
  });

  after(async () => {
    context.disable();
    await meterProvider.shutdown();
    await tracerProvider.shutdown();
  });

  beforeEach(() => {
    spans.reset();
  });

  const served = async (
    run: Parameters<typeof testService>[0],
    use: (connection: Awaited<ReturnType<typeof connect>>) => Promise<void>,
  ): Promise<number> => {
    await using server = new RpcServer({
      interceptors: [serverInterceptor],
      closeTimeoutMs: 10,
      onError: () => undefined,
    });
    const [bound] = await server.add(testService(run)).listen(listenOn("tcp"));
    assert(bound !== undefined);
    await using connection = await connect(SERVICE, { ...connectTo(bound), interceptors: [client] });
    await use(connection);
    return bound.port;
  };

  it("makes a span of each call, on both sides, with the names of the conventions", async () => {
    const port = await served(undefined, async (connection) => {
      assert.equal(await connection.call(ECHO, 7), 7);
    });
    const [answered, made] = spans.getFinishedSpans();
    assert(answered !== undefined && made !== undefined);
    assert.deepEqual([answered.kind, made.kind], [SpanKind.SERVER, SpanKind.CLIENT]);
    const common = {
      "rpc.system.name": "onc_rpc",
      "rpc.method": "TEST_PROG/ECHO",
      "onc_rpc.program.name": "TEST_PROG",
      "onc_rpc.version": 3,
      "onc_rpc.procedure.name": "ECHO",
      "onc_rpc.procedure.number": 1,
      "network.transport": "tcp",
      "network.type": "ipv4",
      "server.address": "127.0.0.1",
      "server.port": port,
      "network.peer.address": "127.0.0.1",
      "rpc.response.status_code": "SUCCESS",
    };
    assert.deepEqual(made.attributes, { ...common, "network.peer.port": port });
    assert.deepEqual({ ...answered.attributes, "network.peer.port": 0 }, { ...common, "network.peer.port": 0 });
    assert.equal(made.name, "TEST_PROG/ECHO");
    assert.equal(made.status.code, SpanStatusCode.UNSET);
    assert.equal(PROGRAM, 0x2000_0042);
  });

  it("a handler's own spans are the call's children", async () => {
    const run = (arg: number): number => {
      tracerProvider.getTracer("handler").startSpan("inner").end();
      return arg;
    };
    await served(run, async (connection) => {
      const outer = tracerProvider.getTracer("caller").startSpan("outer");
      await context.with(trace.setSpan(context.active(), outer), () => connection.call(RUN, 1));
      outer.end();
    });
    const byName = new Map(spans.getFinishedSpans().map((span) => [`${span.name} ${span.kind}`, span]));
    const inner = byName.get(`inner ${SpanKind.INTERNAL}`);
    const answered = byName.get(`TEST_PROG/RUN ${SpanKind.SERVER}`);
    const made = byName.get(`TEST_PROG/RUN ${SpanKind.CLIENT}`);
    const outer = byName.get(`outer ${SpanKind.INTERNAL}`);
    assert.equal(inner?.parentSpanContext?.spanId, answered?.spanContext().spanId);
    assert.equal(made?.parentSpanContext?.spanId, outer?.spanContext().spanId);
    assert.notEqual(answered, undefined);
  });

  it("says why a call failed: by the code, and by what the server answered", async () => {
    await served(
      (arg, ctx) => (arg === 1 ? ctx.reject("AUTH_TOOWEAK") : Promise.reject(new TypeError("no such file"))),
      async (connection) => {
        await assert.rejects(connection.call(RUN, 1), { code: "RPC_AUTHERROR" });
        await assert.rejects(connection.call(RUN, 2), { code: "RPC_SYSTEMERROR" });
        await assert.rejects(connection.call(ABSENT, undefined), { code: "RPC_PROCUNAVAIL" });
      },
    );
    const failures = spans
      .getFinishedSpans()
      .map(({ kind, status, attributes }) => [
        SpanKind[kind],
        status.code,
        attributes["error.type"],
        attributes["rpc.response.status_code"],
      ]);
    assert.deepEqual(failures, [
      ["SERVER", SpanStatusCode.ERROR, "AUTH_TOOWEAK", "AUTH_TOOWEAK"],
      ["CLIENT", SpanStatusCode.ERROR, "RPC_AUTHERROR", "AUTH_TOOWEAK"],
      ["SERVER", SpanStatusCode.ERROR, "TypeError", "SYSTEM_ERR"],
      ["CLIENT", SpanStatusCode.ERROR, "RPC_SYSTEMERROR", "SYSTEM_ERR"],
      ["CLIENT", SpanStatusCode.ERROR, "RPC_PROCUNAVAIL", "PROC_UNAVAIL"],
    ]);
    const exception = spans.getFinishedSpans()[2]?.events[0];
    assert.equal(exception?.attributes?.["exception.message"], "no such file");
  });

  it("of a call that nobody answers it has the client's code alone, and the span ends with the call", async () => {
    await served(
      () => new Promise(() => undefined),
      async (connection) => {
        await assert.rejects(connection.call(RUN, 1, { timeoutMs: 5 }), { code: "RPC_TIMEDOUT" });
        await assert.rejects(connection.call(RUN, 1, { signal: AbortSignal.abort() }), { code: "RPC_ABORTED" });
        const ended = spans.getFinishedSpans().map(({ attributes }) => [attributes["error.type"], attributes["rpc.response.status_code"]]); // prettier-ignore
        assert.deepEqual(ended, [
          ["RPC_TIMEDOUT", undefined],
          ["RPC_ABORTED", undefined],
        ]);
      },
    );
  });

  it("measures the time of calls, in seconds, without a series for each client", async () => {
    measurements.reset();
    await served(undefined, async (connection) => {
      await connection.call(ECHO, 1);
      await connection.call(ECHO, 2);
    });
    await reader.forceFlush();
    const metrics = measurements
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
    assert.deepEqual(metrics.map(({ descriptor: { name, unit } }) => `${name} in ${unit}`).sort(), [
      "rpc.client.call.duration in s",
      "rpc.server.call.duration in s",
    ]);
    for (const { dataPoints } of metrics) {
      for (const { attributes } of dataPoints) {
        assert.equal(attributes["network.peer.port"], undefined);
        assert.equal(typeof attributes["onc_rpc.procedure.number"], "number");
      }
    }
  });
});

/**
 * Spans and metrics of calls by OpenTelemetry's semantic conventions for RPC (1.38 and later) and for ONC RPC. Optional: it needs
 * `@opentelemetry/api` (1.9 or later), which the rest of this package never loads.
 *
 * The protocol has no room for a trace's context, so that a server's spans are roots: nothing joins them to their client's.
 */
import {
  type Attributes,
  type Histogram,
  type MeterProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  context,
  metrics,
  trace,
} from "@opentelemetry/api";
import {
  type ClientInterceptor,
  type TransportName,
  type RpcAddress,
  RpcError,
  type RpcErrorCode,
  type RpcProcedureId,
  RpcRejection,
  type ServerInterceptor,
} from "../runtime/index.ts";

export interface OpenTelemetryOptions {
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider;
  /** Default: the global one. */
  readonly meterProvider?: MeterProvider;
}

/** Interceptors for `connect` and for `RpcServer`. */
export interface OpenTelemetryInterceptors {
  /**
   * A span `PROGRAM/PROCEDURE` for each call that this process makes on a connection with this interceptor, and the histogram
   * `rpc.client.call.duration`. Not for a server's calls back to its client, which pass no interceptors.
   */
  readonly client: ClientInterceptor;
  /** The same for each handler that this process runs; `rpc.server.call.duration`. */
  readonly server: ServerInterceptor;
}

const SCOPE = "tsrpcgen";

/** Bounds of the histograms' buckets, in seconds: those that the conventions advise. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Makes the interceptors. Put them first, so that they see what the others do, too. */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetryInterceptors {
  const tracer = (options.tracerProvider ?? trace).getTracer(SCOPE);
  const meter = (options.meterProvider ?? metrics).getMeter(SCOPE);
  const histogram = (side: "client" | "server"): Histogram =>
    meter.createHistogram(`rpc.${side}.call.duration`, {
      unit: "s",
      description: side === "client" ? "Duration of calls that are made." : "Duration of calls that are answered.",
      advice: { explicitBucketBoundaries: BUCKETS },
    });
  const durations = { client: histogram("client"), server: histogram("server") };

  /** Runs a call within a span, and measures it. */
  const observe = <T>(
    side: "client" | "server",
    procedure: RpcProcedureId,
    attributes: Attributes,
    run: () => T | PromiseLike<T>,
  ): T | PromiseLike<T> => {
    const known = { ...procedureAttributes(procedure), ...attributes };
    const kind = side === "client" ? SpanKind.CLIENT : SpanKind.SERVER;
    const span = tracer.startSpan(methodOf(procedure), { kind, attributes: known });
    const startedAtMs = performance.now();
    const end = (outcome: Attributes): void => {
      span.setAttributes(outcome);
      span.end();
      durations[side].record((performance.now() - startedAtMs) / 1000, seriesOf({ ...known, ...outcome }));
    };
    const failed = (error: unknown): void => {
      end(failure(side, span, error));
    };
    let result: T | PromiseLike<T>;
    try {
      result = context.with(trace.setSpan(context.active(), span), run);
    } catch (error) {
      failed(error);
      throw error;
    }
    if (!isPromiseLike(result)) {
      end({ "rpc.response.status_code": "SUCCESS" });
      return result;
    }
    return result.then(
      (value) => {
        end({ "rpc.response.status_code": "SUCCESS" });
        return value;
      },
      (error: unknown) => {
        failed(error);
        throw error;
      },
    );
  };

  return {
    client: (next) => (call) => {
      const { connection, procedure } = call;
      const attributes = { ...peerAttributes(connection.peer), ...transportAttributes(connection.transport) };
      const server = serverAttributes(connection.peer);
      return Promise.resolve(observe("client", procedure, { ...attributes, ...server }, () => next(call)));
    },
    server: (next) => (call) => {
      const { peer, procedure, transport, local } = call.ctx;
      const attributes = { ...peerAttributes(peer), ...transportAttributes(transport), ...serverAttributes(local) };
      return observe("server", procedure, attributes, () => next(call));
    },
  };
}

/** Each peer's port would make a series of its own. */
function seriesOf(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.startsWith("network.peer.")));
}

function methodOf({ programName, name }: RpcProcedureId): string {
  return `${programName}/${name}`;
}

function procedureAttributes(procedure: RpcProcedureId): Attributes {
  return {
    "rpc.system.name": "onc_rpc",
    "rpc.method": methodOf(procedure),
    "onc_rpc.program.name": procedure.programName,
    "onc_rpc.version": procedure.version,
    "onc_rpc.procedure.name": procedure.name,
    "onc_rpc.procedure.number": procedure.number,
  };
}

function serverAttributes(address: RpcAddress | undefined): Attributes {
  if (address === undefined) return {};
  if (address.path !== "") return { "server.address": address.path };
  return address.port === 0 ? {} : { "server.address": address.host, "server.port": address.port };
}

function peerAttributes(peer: RpcAddress | undefined): Attributes {
  if (peer === undefined || peer.port === 0) return {};
  return { "network.peer.address": peer.host, "network.peer.port": peer.port };
}

function transportAttributes(netid: TransportName): Attributes {
  if (netid === "local") return { "network.transport": "unix" };
  const type = netid.endsWith("6") ? "ipv6" : "ipv4";
  return { "network.transport": netid.replace("6", ""), "network.type": type };
}

/** What a failure says of itself: a stable code, where there is one. */
function failure(side: "client" | "server", span: Span, error: unknown): Attributes {
  if (error instanceof RpcRejection) {
    const { rejection } = error;
    const status = typeof rejection === "string" ? rejection : rejection.code;
    span.setStatus({ code: SpanStatusCode.ERROR, message: status });
    return { "rpc.response.status_code": status, "error.type": status };
  }
  const type = error instanceof RpcError ? error.code : error instanceof Error ? error.name : "_OTHER";
  const status = error instanceof RpcError && side === "client" ? answered(error) : undefined;
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  if (error instanceof Error && !(error instanceof RpcError)) span.recordException(error);
  if (side === "server") return { "error.type": type, "rpc.response.status_code": "SYSTEM_ERR" };
  return { "error.type": type, ...(status !== undefined && { "rpc.response.status_code": status }) };
}

/** What RFC 5531 calls the reply that a client's error is made of, as the server's span has it; undefined where there was none. */
function answered({ code, authStat }: RpcError): string | undefined {
  return code === "RPC_AUTHERROR" ? authStat : ANSWERS[code];
}

const ANSWERS: Readonly<Partial<Record<RpcErrorCode, string>>> = {
  RPC_PROGUNAVAIL: "PROG_UNAVAIL",
  RPC_PROGVERSMISMATCH: "PROG_MISMATCH",
  RPC_PROCUNAVAIL: "PROC_UNAVAIL",
  RPC_CANTDECODEARGS: "GARBAGE_ARGS",
  RPC_SYSTEMERROR: "SYSTEM_ERR",
  RPC_VERSMISMATCH: "RPC_MISMATCH",
};

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Prometheus's text: counts of a portmapper, read when they are asked for. */
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";
import type { PortmapperEvent } from "../events.ts";
import type { Portmapper } from "../portmapper.ts";

/** Requests at a time: one Prometheus asks once in some seconds. */
const MAX_CONNECTIONS = 16;

/** Milliseconds for a request to come. */
const REQUEST_TIMEOUT_MS = 5000;

/** The version of the protocol that the first of GETSTAT's counts is of. */
const FIRST_VERSION = 2;

/** GETSTAT's numbers of procedures; 5 is CALLIT of version 3 and BCAST of 4. */
const PROCEDURES: Readonly<Record<number, readonly string[]>> = {
  2: ["NULL", "SET", "UNSET", "GETPORT", "DUMP", "CALLIT"],
  3: ["NULL", "SET", "UNSET", "GETADDR", "DUMP", "CALLIT", "GETTIME", "UADDR2TADDR", "TADDR2UADDR"],
  // prettier-ignore
  4: ["NULL", "SET", "UNSET", "GETADDR", "DUMP", "BCAST", "GETTIME", "UADDR2TADDR", "TADDR2UADDR", "GETVERSADDR", "INDIRECT", "GETADDRLIST", "GETSTAT"],
};

/** Metrics of one portmapper. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #events: Counter<"event" | "reason">;
  #server: Server | undefined;

  constructor(portmapper: Pick<Portmapper, "registry" | "statistics">) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#events = new Counter({
      name: "tsrpcbind_events_total",
      help: "Registrations, refusals, removals, failures",
      labelNames: ["event", "reason"],
      registers,
    });
    new Gauge({
      name: "tsrpcbind_registrations",
      help: "What is registered now",
      registers,
      collect() {
        this.set(portmapper.registry.size);
      },
    });
    new Counter({
      name: "tsrpcbind_calls_total",
      help: "Calls by version and procedure, as GETSTAT counts them",
      labelNames: ["version", "procedure"],
      registers,
      collect() {
        this.reset();
        for (const [index, { info }] of portmapper.statistics.snapshot().entries()) {
          const version = index + FIRST_VERSION;
          for (const [number, procedure] of (PROCEDURES[version] ?? []).entries()) {
            this.inc({ version, procedure }, info[number] ?? 0);
          }
        }
      },
    });
    new Counter({
      name: "tsrpcbind_lookups_total",
      help: "Lookups by version and whether there was an answer",
      labelNames: ["version", "found"],
      registers,
      collect() {
        this.reset();
        for (const version of Object.keys(PROCEDURES).map(Number)) {
          const { found, missed } = portmapper.statistics.lookupTotals(version);
          this.inc({ version, found: "true" }, found);
          this.inc({ version, found: "false" }, missed);
        }
      },
    });
  }

  /** Counts an event. Its labels are words of our own, never a caller's. */
  event(event: PortmapperEvent): void {
    const reason = event.kind === "refused" || event.kind === "pruned" ? event.reason : "";
    this.#events.inc({ event: event.kind, reason });
  }

  /** The text, as Prometheus reads it. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Serves the text at `/metrics` of 127.0.0.1, and yields the port. Rejects with the system's error. */
  async listen(port: number): Promise<number> {
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    server.maxConnections = MAX_CONNECTIONS;
    server.keepAliveTimeout = REQUEST_TIMEOUT_MS;
    server.on("request", (request, response) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        response.writeHead(405, { allow: "GET, HEAD" }).end();
        return;
      }
      if (request.url?.split("?")[0] !== "/metrics") {
        response.writeHead(404).end();
        return;
      }
      this.text().then(
        (text) => {
          response.writeHead(200, { "content-type": this.#registry.contentType }).end(text);
        },
        () => {
          response.writeHead(500).end();
        },
      );
    });
    this.#server = server;
    const listening = once(server, "listening");
    server.listen({ host: "127.0.0.1", port });
    await listening;
    return (server.address() as AddressInfo).port;
  }

  /** Stops serving. */
  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

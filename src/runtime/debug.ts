/** `TSRPC_DEBUG=calls`: a line on standard error for each call that has ended, of clients and of servers. */
import { subscribe } from "node:diagnostics_channel";
import type { RpcAddress } from "./address.ts";
import type { ClientCallEvent, ServerAnswerEvent, ServerCallEvent } from "./diagnostics.ts";
import type { RpcProcedureId } from "./procedure.ts";

/**
 * Begins to write the lines: time, direction, peer, program version procedure, xid, outcome, duration.
 *
 * `2026-01-31T12:00:00.000Z client tcp 127.0.0.1:2049 DATE_PROG 1 BIN_DATE xid 0x1a2b3c4d SUCCESS 0.42 ms`
 */
export function debugCalls(): void {
  subscribe("tsrpcgen.client.call.end", (message) => {
    const { peer, procedure, xid, error, isOneWay, durationMs } = message as ClientCallEvent;
    write("client", peer, procedure, xid, error?.code ?? (isOneWay ? "SENT" : "SUCCESS"), durationMs);
  });
  subscribe("tsrpcgen.server.call.end", (message) => {
    const { ctx, outcome = "?", durationMs } = message as ServerCallEvent;
    write("server", ctx.peer, ctx.procedure, ctx.xid, outcome, durationMs);
  });
  subscribe("tsrpcgen.server.answer", (message) => {
    const { peer, procedure, xid, reason } = message as ServerAnswerEvent;
    write("server", peer, procedure, xid, reason);
  });
}

function write(
  side: "client" | "server",
  peer: RpcAddress | undefined,
  procedure: RpcProcedureId | undefined,
  xid: number,
  outcome: string,
  durationMs = 0,
): void {
  const where = peer === undefined ? "?" : String(peer);
  const id = `xid 0x${xid.toString(16).padStart(8, "0")}`;
  const line = [
    new Date().toISOString(),
    side,
    where,
    procedure?.programName ?? "?",
    procedure?.version ?? "?",
    procedure?.name ?? "?",
    id,
    outcome,
    durationMs.toFixed(2),
    "ms",
  ];
  process.stderr.write(`${line.join(" ")}\n`);
}

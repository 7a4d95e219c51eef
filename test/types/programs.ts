/** Clients and services. */
import { NO_REPLY, type RpcConnection, type RpcContext, type RpcProcedure, RpcServer } from "tsrpcgen/runtime";
import { AwkwardProgV1Client } from "../golden/awkward-names/expected_clnt.js";
import { DateProgV1 } from "../golden/date/expected.js";
import { DateProgV1Client } from "../golden/date/expected_clnt.js";
import { type DateProgV1Handlers, dateProgV1Service } from "../golden/date/expected_svc.js";
import { Color, type List, type Result } from "../golden/program/expected.js";
import { ShowProgV2Client } from "../golden/program/expected_clnt.js";
import { showProgV2Service } from "../golden/program/expected_svc.js";
import { sameType } from "./expect.js";

// A client has its procedures, `connection` and its disposal, and nothing else.
sameType<keyof DateProgV1Client, "binDate" | "strDate" | "connection" | typeof Symbol.asyncDispose>(true);
sameType<typeof DateProgV1.strDate, RpcProcedure<number, string>>(true);
sameType<AwkwardProgV1Client["connection"], RpcConnection>(true);

export async function calls(connection: RpcConnection, signal: AbortSignal): Promise<void> {
  await using date = await DateProgV1Client.connect("localhost");
  sameType<string, Awaited<ReturnType<typeof date.strDate>>>(true);
  await date.strDate(await date.binDate(), { timeoutMs: 500, signal });
  await using show = new ShowProgV2Client(connection, { timeoutMs: 100 });
  const results: unknown[] = [];
  const found: Result = await show.find("name", Color.RED, 1n);
  const list: List = await show.walk(null);
  await show.add(1, 2, 3);
  await show.null();
  // @ts-expect-error ADD of version 2 takes three numbers
  await show.add(1, 2);
  // @ts-expect-error 7 is no color
  await show.find("name", 7, 1n);
  // @ts-expect-error a hyper is a bigint
  await show.find("name", Color.RED, 1);
  results.push(found, list);
}

const server = new RpcServer();
server.add(
  dateProgV1Service({
    binDate: () => Math.floor(Date.now() / 1000),
    strDate: (time) => new Date(time * 1000).toString(),
  }),
);
// Handlers may be asynchronous, may take the context, may send nothing, and may be missing.
server.add(dateProgV1Service({ binDate: async (ctx: RpcContext) => Promise.resolve(ctx.transport.length) }));
server.add(dateProgV1Service({ strDate: (time, ctx) => (time < 0 ? NO_REPLY : ctx.transport) }));
server.add(dateProgV1Service({}));
// @ts-expect-error BIN_DATE returns a number
server.add(dateProgV1Service({ binDate: () => "now" }));
// @ts-expect-error there is no such procedure
server.add(dateProgV1Service({ dinBate: () => 1 }));
// @ts-expect-error nor may one be there and undefined
server.add(dateProgV1Service({ binDate: undefined }));

showProgV2Service({
  add: (a, b, c) => a + b + c,
  find(name, color, cookie) {
    sameType<typeof cookie, bigint>(true);
    return color === Color.RED && cookie === 0n ? { status: 0, text: name } : { status: 1 };
  },
  pick: (yes, color) => (yes ? color : Color.GREEN),
  null: () => undefined,
  put() {
    // A void procedure returns nothing.
  },
});

/** Handlers can be an object of a class, whose methods keep their `this`. */
export class Handlers implements DateProgV1Handlers {
  readonly #offsetS = 5;

  binDate(): number {
    return this.#offsetS;
  }
}
server.add(dateProgV1Service(new Handlers()));

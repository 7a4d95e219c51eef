import type { RpcProcedure } from "tsrpcgen/runtime";
import { StoreProgV1 } from "./input.js";
import { StoreProgV1Table, StoreProgV2Table } from "./input_tbl.js";

/** By number, as a proxy or a tracer holds them. */
export const byNumber: ReadonlyMap<number, RpcProcedure<unknown, unknown>> = new Map(
  [...StoreProgV1Table, ...StoreProgV2Table].map((procedure) => [procedure.number, procedure]),
);

/** Each entry keeps its own types. */
export const open: RpcProcedure<string, Uint8Array> = StoreProgV1Table[2];
export const same: boolean = StoreProgV1Table[2] === StoreProgV1.open;

/** The names are the `.x`'s own. */
import {
  type DATE_PROG_ARGS,
  DATE_PROG,
  DATE_VERS,
  type LOOKUP3res,
  LOOKUP3resCodec,
  file_kind,
  type node,
  nodeCodec,
  type obj_attributes,
} from "./input.js";
import { DATE_PROG_V1Client } from "./input_clnt.js";
import { type DATE_PROG_V1Handlers, DATE_PROG_V1Service } from "./input_svc.js";
import { encode } from "tsrpcgen/xdr";

const attributes: obj_attributes = { kind: file_kind.REGULAR, tint: 0, file_mode: 0o644, SIZE: 5n, obj_name: "a" };
const list: node = { node_name: "a", keys: [], next_node: null };
const found: LOOKUP3res = { the_kind: file_kind.REGULAR, resok_attrs: attributes };
export const args: DATE_PROG_ARGS = { nodes: list, attrs: attributes };
export const bytes: Uint8Array[] = [encode(nodeCodec, list), encode(LOOKUP3resCodec, found)];
export const numbers: number[] = [DATE_PROG, DATE_VERS];

export const handlers: DATE_PROG_V1Handlers = { BIN_DATE: () => 0, look_up: () => found, Kind_Of: () => 2 };
export const service: unknown = DATE_PROG_V1Service(handlers);
export const client = async (): Promise<string> => {
  await using date = await DATE_PROG_V1Client.connect("localhost");
  return date.STR_DATE(await date.BIN_DATE());
};

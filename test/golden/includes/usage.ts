import { type Directory, DirectoryCodec, type Either } from "./input.js";
import { DirProgV1Client } from "./input_clnt.js";
import { Kind, type Point, type Shape } from "./types.js";
import type { MorePromise } from "./more.js";
import { decode, encode } from "tsrpcgen/xdr";

const at: Point = { x: 1, y: 2 };
const promised: MorePromise = { k: Kind.FILE_KIND };
const directory: Directory = {
  entries: null,
  of: Kind.DIRECTORY_KIND,
  others: [Kind.FILE_KIND],
  at,
  h: new Uint8Array(8),
  outline: { round: true, center: at },
  numbers: [1],
  promised,
};
const bytes: Uint8Array = encode(DirectoryCodec, directory);
const read: Directory = decode(DirectoryCodec, bytes);
const either: Either = { k: Kind.DIRECTORY_KIND };

export async function use(client: DirProgV1Client): Promise<Shape> {
  const kind: Kind = await client.kind();
  await client.read(read.h, kind);
  return client.shape(at);
}
export { either };

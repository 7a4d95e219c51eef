// @stellar/js-xdr: its schemas over bench.x. Its strings are bytes, which it leaves undecoded.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as xdr from "@stellar/js-xdr";
import { valueOf } from "../values.mjs";

const MAX = 0xffff_ffff;
/** Its lists are recursion, and each entry takes some levels. */
const maxDepth = 10_000;

const uint = xdr.uint32();
const uhyper = xdr.uint64();

const Ftype3 = xdr.enumType("Ftype3", { reg: 1, dir: 2, blk: 3, chr: 4, lnk: 5, sock: 6, fifo: 7 });
const Specdata3 = xdr.struct("Specdata3", { specdata1: uint, specdata2: uint });
const Nfstime3 = xdr.struct("Nfstime3", { seconds: uint, nseconds: uint });
const Fattr3 = xdr.struct("Fattr3", {
  type: Ftype3,
  mode: uint,
  nlink: uint,
  uid: uint,
  gid: uint,
  size: uhyper,
  used: uhyper,
  rdev: Specdata3,
  fsid: uhyper,
  fileid: uhyper,
  atime: Nfstime3,
  mtime: Nfstime3,
  ctime: Nfstime3,
});
const optional = (name, field, type) =>
  xdr.union(name, {
    switchOn: xdr.bool(),
    cases: [xdr.case("some", true, xdr.field(field, type)), xdr.case("none", false, xdr.void())],
  });
const NfsFh3 = xdr.struct("NfsFh3", { data: xdr.varOpaque(64) });
const PostOpAttr = optional("PostOpAttr", "attributes", Fattr3);
const PostOpFh3 = optional("PostOpFh3", "handle", NfsFh3);
const Entryplus3 = xdr.struct("Entryplus3", {
  fileid: uhyper,
  name: xdr.string(255),
  cookie: uhyper,
  nameAttributes: PostOpAttr,
  nameHandle: PostOpFh3,
  nextentry: xdr.option(xdr.lazy(() => Entryplus3)),
});
const Kind = xdr.enumType("Kind", { number: 0, text: 1, nothing: 2 });
const Detail = xdr.union("Detail", {
  switchOn: Kind,
  cases: [
    xdr.case("number", Kind.number, xdr.field("number", xdr.int32())),
    xdr.case("text", Kind.text, xdr.field("text", xdr.string(MAX))),
    xdr.case("nothing", Kind.nothing, xdr.void()),
  ],
});
const Record = xdr.struct("Record", {
  id: xdr.int32(),
  stamp: xdr.int64(),
  name: xdr.string(MAX),
  active: xdr.bool(),
  info: Detail,
});

const schemas = {
  date: xdr.struct("Date", { time: xdr.int32(), text: xdr.string(MAX) }),
  fattr3: Fattr3,
  dirlist: xdr.struct("Dirlistplus3", { entries: xdr.option(Entryplus3), eof: xdr.bool() }),
  ints: xdr.array(xdr.int32(), MAX),
  doubles: xdr.array(xdr.double(), MAX),
  opaque64k: xdr.varOpaque(MAX),
  opaque1m: xdr.varOpaque(MAX),
  records: xdr.array(Record, MAX),
};

/** Our value with its names and kinds: strings as bytes, and unions with `type`. */
function converted(value) {
  if (typeof value === "string") return Buffer.from(value);
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const renamed = { attributesFollow: "type", handleFollows: "type", k: "type" };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [renamed[name] ?? name, converted(item)]));
}

export function load({ folder }) {
  return (workload) => {
    const schema = schemas[workload];
    const value = converted(valueOf(workload));
    const bytes = new Uint8Array(readFileSync(join(folder, `${workload}.xdr`)));
    const options = { maxDepth };
    const encode = () => schema.encode(value, options);
    const decode = () => schema.decode(bytes, options);
    const check = (assert) => {
      assert.equal(Buffer.compare(encode(), bytes), 0);
      assert.equal(Buffer.compare(schema.encode(decode(), options), bytes), 0);
    };
    return { encode, decode, check };
  };
}

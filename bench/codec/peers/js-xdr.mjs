// js-xdr: its types over the schema of bench.x. Its values are objects of its own classes.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import XDR from "js-xdr";
import { entriesOf, valueOf } from "../values.mjs";

const kinds = ["number", "text", "nothing"];

// A list and a blob are structs of one field, which has the same bytes: what is no class has no toXDR(value).
const types = XDR.config((xdr) => {
  xdr.struct("Date", [
    ["time", xdr.int()],
    ["text", xdr.string()],
  ]);
  xdr.enum("Ftype3", { reg: 1, dir: 2, blk: 3, chr: 4, lnk: 5, sock: 6, fifo: 7 });
  xdr.struct("Specdata3", [
    ["specdata1", xdr.uint()],
    ["specdata2", xdr.uint()],
  ]);
  xdr.struct("Nfstime3", [
    ["seconds", xdr.uint()],
    ["nseconds", xdr.uint()],
  ]);
  xdr.struct("Fattr3", [
    ["type", xdr.lookup("Ftype3")],
    ["mode", xdr.uint()],
    ["nlink", xdr.uint()],
    ["uid", xdr.uint()],
    ["gid", xdr.uint()],
    ["size", xdr.uhyper()],
    ["used", xdr.uhyper()],
    ["rdev", xdr.lookup("Specdata3")],
    ["fsid", xdr.uhyper()],
    ["fileid", xdr.uhyper()],
    ["atime", xdr.lookup("Nfstime3")],
    ["mtime", xdr.lookup("Nfstime3")],
    ["ctime", xdr.lookup("Nfstime3")],
  ]);
  xdr.union("PostOpAttr", {
    switchOn: xdr.bool(),
    switches: [
      [true, "attributes"],
      [false, xdr.void()],
    ],
    arms: { attributes: xdr.lookup("Fattr3") },
  });
  xdr.struct("NfsFh3", [["data", xdr.varOpaque(64)]]);
  xdr.union("PostOpFh3", {
    switchOn: xdr.bool(),
    switches: [
      [true, "handle"],
      [false, xdr.void()],
    ],
    arms: { handle: xdr.lookup("NfsFh3") },
  });
  xdr.struct("Entryplus3", [
    ["fileid", xdr.uhyper()],
    ["name", xdr.string(255)],
    ["cookie", xdr.uhyper()],
    ["nameAttributes", xdr.lookup("PostOpAttr")],
    ["nameHandle", xdr.lookup("PostOpFh3")],
    ["nextentry", xdr.option(xdr.lookup("Entryplus3"))],
  ]);
  xdr.struct("Dirlistplus3", [
    ["entries", xdr.option(xdr.lookup("Entryplus3"))],
    ["eof", xdr.bool()],
  ]);
  xdr.struct("IntList", [["items", xdr.varArray(xdr.int())]]);
  xdr.struct("DoubleList", [["items", xdr.varArray(xdr.double())]]);
  xdr.struct("Blob", [["items", xdr.varOpaque()]]);
  xdr.enum("Kind", { number: 0, text: 1, nothing: 2 });
  xdr.union("Detail", {
    switchOn: xdr.lookup("Kind"),
    switches: [
      ["number", "number"],
      ["text", "text"],
      ["nothing", xdr.void()],
    ],
    arms: { number: xdr.int(), text: xdr.string() },
  });
  xdr.struct("Record", [
    ["id", xdr.int()],
    ["stamp", xdr.hyper()],
    ["name", xdr.string()],
    ["active", xdr.bool()],
    ["info", xdr.lookup("Detail")],
  ]);
  xdr.struct("RecordList", [["items", xdr.varArray(xdr.lookup("Record"))]]);
});

const unsigned = (value) => new XDR.UnsignedHyper(value);

function fattr3(value) {
  const { size, used, fsid, fileid, rdev, atime, mtime, ctime } = value;
  return new types.Fattr3({
    ...value,
    type: types.Ftype3.reg(),
    size: unsigned(size),
    used: unsigned(used),
    rdev: new types.Specdata3(rdev),
    fsid: unsigned(fsid),
    fileid: unsigned(fileid),
    atime: new types.Nfstime3(atime),
    mtime: new types.Nfstime3(mtime),
    ctime: new types.Nfstime3(ctime),
  });
}

function dirlist(value) {
  const entries = entriesOf(value).reduceRight((nextentry, { fileid, name, cookie, nameAttributes, nameHandle }) => {
    return new types.Entryplus3({
      fileid: unsigned(fileid),
      name,
      cookie: unsigned(cookie),
      nameAttributes: new types.PostOpAttr(true, fattr3(nameAttributes.attributes)),
      nameHandle: new types.PostOpFh3(true, new types.NfsFh3({ data: Buffer.from(nameHandle.handle.data) })),
      nextentry,
    });
  }, undefined);
  return new types.Dirlistplus3({ entries, eof: value.eof });
}

function record({ id, stamp, name, active, info: { k, number, text } }) {
  const info = new types.Detail(kinds[k], [number, text, undefined][k]);
  return new types.Record({ id, stamp: new XDR.Hyper(stamp), name, active, info });
}

const makers = {
  date: ["Date", (value) => new types.Date(value)],
  fattr3: ["Fattr3", fattr3],
  dirlist: ["Dirlistplus3", dirlist],
  ints: ["IntList", (items) => new types.IntList({ items })],
  doubles: ["DoubleList", (items) => new types.DoubleList({ items })],
  opaque64k: ["Blob", (value) => new types.Blob({ items: Buffer.from(value) })],
  opaque1m: ["Blob", (value) => new types.Blob({ items: Buffer.from(value) })],
  records: ["RecordList", (value) => new types.RecordList({ items: value.map(record) })],
};

export function load({ folder }) {
  return (workload) => {
    const [name, make] = makers[workload];
    const type = types[name];
    const value = make(valueOf(workload));
    const bytes = readFileSync(join(folder, `${workload}.xdr`));
    const encode = () => type.toXDR(value);
    const decode = () => type.fromXDR(bytes);
    const check = (assert) => {
      assert.equal(Buffer.compare(encode(), bytes), 0);
      assert.equal(Buffer.compare(type.toXDR(decode()), bytes), 0);
    };
    return { encode, decode, check };
  };
}

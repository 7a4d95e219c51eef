// Generated code as a user gets it, strict, with a writer and a reader that are kept from message to message as the runtime
// keeps them. The variant is the folder of the generated module: what options it has.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { XdrReader, XdrWriter } from "../../../dist/src/xdr/index.js";
import { WriterPool } from "../../../dist/src/runtime/writer-pool.js";
import { toVariant } from "../variants.mjs";
import { valueOf } from "../values.mjs";

const codecs = {
  date: "Date",
  fattr3: "Fattr3",
  dirlist: "Dirlistplus3",
  ints: "IntList",
  doubles: "DoubleList",
  opaque64k: "Blob",
  opaque1m: "Blob",
  records: "RecordList",
};

export async function load({ folder, variant }) {
  new WriterPool(); // which gives the codec the addon's byte swap
  const module = await import(pathToFileURL(join(folder, variant, "bench.js")).href);
  const w = new XdrWriter();
  const r = new XdrReader(new Uint8Array(0));
  return (workload) => {
    const codec = module[`${codecs[workload]}Codec`];
    const value = toVariant(variant, valueOf(workload), workload);
    const expected = new Uint8Array(readFileSync(join(folder, `${workload}.xdr`)));
    // In memory of its own that begins with the message, as a record has it; C's has, too.
    const bytes = expected.slice();
    const encode = () => {
      w.reset();
      codec.encode(w, value);
      return w.length;
    };
    const decode = () => {
      const decoded = codec.decode(r.reset(bytes));
      r.end();
      return decoded;
    };
    const check = (assert) => {
      encode();
      assert.equal(Buffer.compare(w.bytes(), expected), 0, `${workload}: bytes are others than C's`);
      assert.deepEqual(decode(), value);
    };
    return { encode, decode, check };
  };
}

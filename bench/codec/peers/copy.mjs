// The limit: a copy of the bytes by Buffer.copy.
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function load({ folder }) {
  return (workload) => {
    const bytes = readFileSync(join(folder, `${workload}.xdr`));
    const room = Buffer.alloc(bytes.length);
    const copy = () => bytes.copy(room, 0);
    return {
      encode: copy,
      decode: copy,
      check: (assert) => {
        copy();
        assert.equal(Buffer.compare(room, bytes), 0);
      },
    };
  };
}

// protobufjs: the reflected root's own generated encoders and decoders. 64-bit numbers are Longs, its default.
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import { toMessage, withOneof } from "./messages.mjs";

const Long = protobuf.util.Long;

export async function load() {
  const root = await protobuf.load(fileURLToPath(new URL("../bench.proto", import.meta.url)));
  const longOf = (value) => (Long ? Long.fromString(value.toString()) : Number(value));
  return (workload) => {
    const { type, value } = toMessage(workload, longOf, withOneof.flat);
    const Type = root.lookupType(type);
    const message = Type.create(value);
    const bytes = Type.encode(message).finish();
    return {
      encode: () => Type.encode(message).finish(),
      decode: () => Type.decode(bytes),
      check: (assert) => {
        assert.equal(Type.verify(message), null);
        const plain = (it) => Type.toObject(it, { longs: String, bytes: String, defaults: true });
        assert.deepEqual(plain(Type.decode(bytes)), plain(message));
      },
    };
  };
}

// @bufbuild/protobuf over the descriptors of bench.proto, which is what the code of protoc-gen-es gives it.
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor.js";
import { toMessage, withOneof } from "./messages.mjs";

export async function load() {
  const root = await protobuf.load(fileURLToPath(new URL("../bench.proto", import.meta.url)));
  root.resolveAll();
  const set = descriptor.FileDescriptorSet.encode(root.toDescriptor("proto3")).finish();
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, set));
  return (workload) => {
    const { type, value } = toMessage(workload, (hyper) => hyper, withOneof.cased);
    const schema = registry.getMessage(type);
    const message = create(schema, value);
    const bytes = toBinary(schema, message);
    return {
      encode: () => toBinary(schema, message),
      decode: () => fromBinary(schema, bytes),
      check: (assert) => assert.deepEqual(fromBinary(schema, bytes), message),
    };
  };
}

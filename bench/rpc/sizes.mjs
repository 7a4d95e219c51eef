// What a generated client weighs: what esbuild leaves of it, and what is installed for it.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { fromBinary } from "@bufbuild/protobuf";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const benchModules = join(here, "../node_modules");

/** Bytes of a bundle for Node, and of the same compressed. */
async function bundled(entry, resolveFrom) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
    nodePaths: [resolveFrom],
  });
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
  const gzip = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  return { bytes, gzip };
}

/** Of the service of bench.x, as protoc-gen-es makes its module from what protoc would tell it. */
function generateProtobuf(folder) {
  const bytes = (name) => ({
    name,
    field: [
      { name: "bytes", number: 1, type: FieldDescriptorProto_Type.BYTES, label: FieldDescriptorProto_Label.OPTIONAL },
    ],
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "bench.proto",
    package: "bench",
    syntax: "proto3",
    messageType: [
      { name: "Nothing" },
      bytes("Payload"),
      {
        name: "Size",
        field: [
          {
            name: "bytes",
            number: 1,
            type: FieldDescriptorProto_Type.UINT32,
            label: FieldDescriptorProto_Label.OPTIONAL,
          },
        ],
      },
    ],
    service: [
      {
        name: "Bench",
        method: [
          { name: "Nothing", inputType: ".bench.Nothing", outputType: ".bench.Nothing" },
          { name: "Reflect", inputType: ".bench.Payload", outputType: ".bench.Payload" },
          { name: "Give", inputType: ".bench.Size", outputType: ".bench.Payload" },
        ],
      },
    ],
  });
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: ["bench.proto"],
    parameter: "target=js",
    protoFile: [file],
  });
  const plugin = join(benchModules, "@bufbuild/protoc-gen-es/bin/protoc-gen-es");
  const output = execFileSync(process.execPath, [plugin], { input: toBinary(CodeGeneratorRequestSchema, request) });
  const response = fromBinary(CodeGeneratorResponseSchema, output);
  mkdirSync(folder, { recursive: true });
  for (const { name, content } of response.file) writeFileSync(join(folder, name), content);
}

/** What esbuild leaves of a program that connects and calls once. */
export async function bundleSizes(folder, generated) {
  const entry = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const ours = entry(
    "ours.mjs",
    `import { BenchProgV1Client } from ${JSON.stringify(join(generated, "bench_clnt.js"))};
const client = await BenchProgV1Client.connect(process.argv[2]);
console.log(await client.reflect(new Uint8Array(16)));
await client[Symbol.asyncDispose]();
`,
  );
  const codec = entry(
    "codec.mjs",
    `import { decode, encode } from "tsrpcgen/xdr";
import { PayloadCodec } from ${JSON.stringify(join(generated, "bench.js"))};
console.log(decode(PayloadCodec, encode(PayloadCodec, new Uint8Array(16))));
`,
  );
  generateProtobuf(join(folder, "pb"));
  const connect = entry(
    "connect.mjs",
    `import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Bench } from "./pb/bench_pb.js";
const client = createClient(Bench, createGrpcTransport({ baseUrl: process.argv[2] }));
console.log(await client.reflect({ bytes: new Uint8Array(16) }));
`,
  );
  const protobuf = entry(
    "protobuf.mjs",
    `import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PayloadSchema } from "./pb/bench_pb.js";
console.log(fromBinary(PayloadSchema, toBinary(PayloadSchema, create(PayloadSchema, { bytes: new Uint8Array(16) }))));
`,
  );
  const grpc = entry(
    "grpc.mjs",
    `import grpc from "@grpc/grpc-js";
import { definition } from ${JSON.stringify(join(here, "grpc-service.mjs"))};
const Client = grpc.makeGenericClientConstructor(definition, "Bench");
const client = new Client(process.argv[2], grpc.credentials.createInsecure());
client.reflect(new Uint8Array(16), (error, reply) => console.log(error ?? reply));
`,
  );
  const ourModules = join(generated, "node_modules");
  return {
    client: {
      ours: await bundled(ours, ourModules),
      "protobuf-es with connect-node": await bundled(connect, benchModules),
      "@grpc/grpc-js, without a codec": await bundled(grpc, benchModules),
    },
    codec: { ours: await bundled(codec, ourModules), "protobuf-es": await bundled(protobuf, benchModules) },
  };
}

function bytesUnder(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.isFile() ? stat.size : 0;
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .reduce((sum, name) => sum + bytesUnder(join(path, name)), 0);
}

/** A package and all that it depends on, as npm installs it: its bytes, and how many packages it is. */
function installed(name, modules) {
  const found = new Map();
  const visit = (each, from) => {
    const path = findPackage(each, from);
    if (path === undefined || found.has(path)) return; // optional, and not there
    found.set(path, bytesUnder(path));
    const { dependencies = {} } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    for (const dependency of Object.keys(dependencies)) visit(dependency, path);
  };
  visit(name, modules);
  return { bytes: [...found.values()].reduce((sum, bytes) => sum + bytes, 0), packages: found.size };
}

function findPackage(name, from) {
  const paths = createRequire(pathToFileURL(join(from, "x.js"))).resolve.paths(name) ?? [];
  const path = paths.map((each) => join(each, name)).find((each) => existsSync(each));
  return path && realpathSync(path);
}

/** Our package as it is published, with the addon for this platform; what it depends on is linked. @returns its folder */
export function packedRuntime(folder) {
  mkdirSync(folder);
  execFileSync(process.execPath, [join(root, "scripts/pack-runtime.mjs"), "--ignore-scripts", folder], {
    stdio: "ignore", // npm lists every file
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  execFileSync("tar", ["-xzf", tarball], { cwd: folder });
  const packed = join(folder, "package");
  mkdirSync(join(packed, "node_modules"));
  symlinkSync(join(root, "node_modules/node-gyp-build"), join(packed, "node_modules/node-gyp-build"));
  const built = join(root, "native/build/Release/tsrpcgen.node");
  const place = join(packed, "native/prebuilds", `${process.platform}-${process.arch}`);
  if (existsSync(built) && !existsSync(place)) {
    mkdirSync(place, { recursive: true });
    execFileSync("strip", ["-o", join(place, "tsrpcgen.napi.node"), built]);
  }
  return packed;
}

/** What `npm install` puts on the disk. */
export function installedSizes(packed) {
  const dependency = installed("node-gyp-build", join(root, "node_modules"));
  return {
    "tsrpcgen-runtime": { bytes: bytesUnder(packed) + dependency.bytes, packages: 1 + dependency.packages },
    "@grpc/grpc-js": installed("@grpc/grpc-js", benchModules),
    "@connectrpc/connect-node": withPeers("@connectrpc/connect-node", ["@connectrpc/connect", "@bufbuild/protobuf"]),
  };
}

function withPeers(name, peers) {
  const all = [name, ...peers].map((each) => installed(each, benchModules));
  return {
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    packages: all.reduce((sum, { packages }) => sum + packages, 0),
  };
}

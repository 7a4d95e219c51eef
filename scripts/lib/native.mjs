import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process.mjs";
import { filesUnder } from "./stamp.mjs";

/** The addon's sources, relative to the root. */
export function nativeSources() {
  return filesUnder("native/src").filter((file) => /\.(cc|h)$/.test(file));
}

/** What clang is to know beside a source, as binding.gyp says it. The addon was built: node-gyp notes there whose headers it compiled with. */
export function nativeFlags() {
  const config = readFileSync(join(root, "native/build/config.gypi"), "utf8").replace(/^#.*$/gm, "");
  const { nodedir } = JSON.parse(config).variables;
  const includes = [join(root, "node_modules/node-addon-api"), join(nodedir, "include/node")];
  return [
    "-std=c++17",
    "-DNAPI_VERSION=9",
    "-DNAPI_DISABLE_CPP_EXCEPTIONS",
    "-DNODE_ADDON_API_REQUIRE_BASIC_FINALIZERS",
    "-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
    ...includes.flatMap((folder) => ["-isystem", folder]),
  ];
}

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as codegen from "../../src/codegen/limits.ts";
import * as ipc from "../../src/ipc/limits.ts";
import { MAX_REFUSAL_LINES_PER_SECOND } from "../../src/portmapper/cli/log.ts";
import { DEFAULT_REGISTRY_LIMITS, MAX_STATE_BYTES } from "../../src/portmapper/index.ts";
import * as portmapper from "../../src/portmapper/limits.ts";
import { type MessageLimits, connect } from "../../src/runtime/index.ts";
import * as runtime from "../../src/runtime/limits.ts";
import * as xdr from "../../src/xdr/limits.ts";
import { ABSENT, ECHO, SERVICE, TRANSPORTS, serve } from "./support.ts";
import { root } from "../codegen/back/golden.ts";

/** Bounds of the addon, and where they are. */
const nativeBounds = {
  max_ranges: "util/fault_guard.h",
  max_receivers: "util/signal_hub.h",
  max_idle_threads: "util/wait_threads.cc",
  max_attachments: "ring/layout.h",
  patience_ms: "ring/lock.cc",
};

function nativeBound([name, file]: [string, string]): [string, number] {
  const source = readFileSync(join(root, "native/src", file), "utf8");
  return [name, Number(new RegExp(`constexpr \\w+ ${name} = (\\d+);`).exec(source)?.[1])];
}

/** Every bound of the tree, by its name. */
const bounds = new Map<string, number>([
  ...Object.entries(codegen),
  ...Object.entries(xdr),
  ...Object.entries(runtime).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  ...Object.entries(DEFAULT_REGISTRY_LIMITS),
  ...Object.entries(portmapper),
  ...Object.entries(ipc),
  ...Object.entries(nativeBounds).map(nativeBound),
  ...Object.entries({ MAX_STATE_BYTES, MAX_REFUSAL_LINES_PER_SECOND }),
]);

/** `| \`NAME\` | value | … | \`test/file.test.ts\` |` */
const rows = new Map(
  readFileSync(join(root, "docs/limits.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => /^`\w+`$/.test(cells[1] ?? ""))
    .map((cells) => [(cells[1] ?? "").replaceAll("`", ""), { value: cells[2] ?? "", test: cells.at(-2) ?? "" }]),
);

describe("runtime: bounds that bound nothing", () => {
  it("are a RangeError, of connect() and of listen()", async () => {
    const bad: MessageLimits[] = [
      { maxRecordBytes: runtime.MIN_MESSAGE_BYTES - 1 },
      { maxRecordBytes: runtime.MAX_RECORD_BYTES + 1 },
      { maxRecordBytes: NaN },
      { maxFragments: 0 },
      { maxReceivedBytes: runtime.MIN_MESSAGE_BYTES - 1 },
      { maxReceivedBytes: 65, maxRecordBytes: 64 },
      { maxUdpBytes: runtime.MIN_MESSAGE_BYTES - 1 },
    ];
    for (const limits of bad) {
      await assert.rejects(connect({ program: 1, version: 1 }, { port: 1, ...limits }), RangeError);
    }
    const least = { maxRecordBytes: runtime.MIN_MESSAGE_BYTES, maxUdpBytes: runtime.MIN_MESSAGE_BYTES };
    for (const transport of TRANSPORTS) {
      const { server, to } = await serve(transport, undefined, least);
      await using client = await connect(SERVICE, to);
      assert.equal(await client.call(ECHO, 1), 1);
      await assert.rejects(client.call(ABSENT, undefined), { code: "RPC_PROCUNAVAIL" });
      await server.close();
    }
  });
});

describe("docs/limits.md", () => {
  it("has a row for each bound, and no other", () => {
    assert.deepEqual([...rows.keys()].sort(), [...bounds.keys()].sort());
  });

  for (const [name, { value, test }] of rows) {
    it(`${name} is ${value}, and ${test} shows it`, () => {
      const number = value.startsWith("0o") ? Number(value) : Number(value.replaceAll(" ", ""));
      assert.equal(bounds.get(name), number);
      for (const file of test.replaceAll("`", "").split(", ")) assert(existsSync(join(root, file)), file);
    });
  }
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { whyNoAddon } from "../native/addon.ts";
import type { Garbage } from "./garbage-kinds.ts";
import { skipFor } from "./skip.ts";

const script = fileURLToPath(new URL("garbage-kinds.js", import.meta.url));

describe("handles that are garbage", () => {
  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "/proc tells what is open"));
  });

  it("of every class: descriptors, mappings and threads are given back", async function () {
    this.timeout(60_000);
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script]);
    const { left, missing, classes } = JSON.parse(stdout) as Garbage;
    assert.deepEqual(left, {});
    assert.deepEqual(missing, [], "classes that are not tried");
    assert.equal(classes, 21);
  });
});

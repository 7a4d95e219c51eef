import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./run.ts";

/** Processes whose environment has the marker: what the demo started, and what that started. */
function processesMarked(marker: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(marker);
    } catch {
      return false; // It ended meanwhile, or is another user's.
    }
  });
}

describe("npm run demo", function () {
  this.timeout(120_000);

  it("calls over tcp, udp and local, and leaves no file, no change and no process behind", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "tsrpcgen-demo-test-"));
    try {
      const status = await run("git", ["status", "--porcelain"]);
      // npm keeps its own notes in the temporary folder's sibling, not there.
      const printed = await run("npm", ["run", "demo"], { env: { ...process.env, TMPDIR: temporary } });
      for (const transport of ["tcp", "udp", "local"]) {
        const line = new RegExp(
          `^\\d+\\. date client over ${transport}: BIN_DATE gives (\\d+), STR_DATE gives "(.*)"$`,
          "m",
        );
        const [, seconds, text = ""] = line.exec(printed) ?? [];
        assert(Math.abs(Number(seconds) - Date.now() / 1000) < 60, printed);
        assert.equal(
          Date.parse(text.replace(/ \(.*\)$/, "")) / 1000,
          Number(seconds),
          "the string tells the same time",
        );
      }
      assert.deepEqual(readdirSync(temporary), [], "the temporary folder");
      assert.equal(await run("git", ["status", "--porcelain"], { cwd: root }), status, "the checkout");
      if (process.platform === "linux") assert.deepEqual(processesMarked(`TMPDIR=${temporary}`), [], "processes");
    } finally {
      rmSync(temporary, { recursive: true });
    }
  });
});

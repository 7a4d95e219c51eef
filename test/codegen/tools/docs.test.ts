/** docs/tools.md shows what is. After a change on purpose, `UPDATE_EXPECTED=1` writes its tables and examples anew. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { breakingCodes } from "../../../src/codegen/breaking/breaking-codes.ts";
import { lintCodes } from "../../../src/codegen/lint/lint-codes.ts";
import { root } from "../back/golden.ts";
import { Folder } from "./support.ts";

const page = join(root, "docs/tools.md");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(head), rule, ...rows.map(line)].join("\n");
}

const breakingTable = table(
  ["code", "what"],
  Object.entries(breakingCodes).map(([code, summary]) => [`\`${code}\``, summary]),
);
const lintTable = table(
  ["code", "when"],
  Object.entries(lintCodes).map(([code, summary]) => [`\`${code}\``, summary]),
);

describe("docs/tools.md", function () {
  this.timeout(30_000);

  it("has the codes, and examples with what they give", () => {
    const folder = new Folder();
    try {
      const text = readFileSync(page, "utf8");
      for (const [, name = "", source = ""] of text.matchAll(/`(\w+\.x)`(?: is)?\n\n```rpcl\n([^]*?)```/g)) {
        folder.write(name, source);
      }
      const expected = text
        .replace(/\| code +\| what[^]*?\n\n/, () => `${breakingTable}\n\n`)
        .replace(/\| code +\| when[^]*?\n\n/, () => `${lintTable}\n\n`)
        .replace(/```console\n\$ tsrpcgen (.*)\n[^]*?```/g, (_, line: string) => {
          const args = [join(root, "bin/tsrpcgen.js"), ...line.split(" ")];
          const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder.path, encoding: "utf8" });
          return `\`\`\`console\n$ tsrpcgen ${line}\n${stdout}${stderr}\`\`\``;
        });
      if (process.env["UPDATE_EXPECTED"] === "1") writeFileSync(page, expected);
      assert.equal(readFileSync(page, "utf8"), expected);
      assert.deepEqual(folder.files(), ["broken.x", "new.x", "old.x"]);
    } finally {
      folder.remove();
    }
  });
});

import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplicateDescriptor } from "../../src/runtime/transport/native.ts";
import { whyNoAddon } from "./addon.ts";

describe("duplicateDescriptor", () => {
  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  it("gives another descriptor of the same open file, above the standard ones", () => {
    const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-descriptor-"));
    writeFileSync(join(folder, "file"), "abcd");
    const fd = openSync(join(folder, "file"), "r");
    const copy = duplicateDescriptor(fd);
    assert(copy !== undefined && copy > 2 && copy !== fd);
    const bytes = Buffer.alloc(2);
    readSync(fd, bytes);
    closeSync(fd);
    readSync(copy, bytes); // they share the place in the file
    assert.equal(bytes.toString(), "cd");
    closeSync(copy);
    rmSync(folder, { recursive: true });
    const standard = duplicateDescriptor(1);
    assert(standard !== undefined && standard > 2);
    closeSync(standard);
  });

  it("fails as a system call does", () => {
    assert.throws(() => duplicateDescriptor(-1), { code: "EBADF", syscall: "fcntl" });
    assert.throws(() => duplicateDescriptor(1.5), { code: "ERR_INVALID_ARG_TYPE" });
  });
});

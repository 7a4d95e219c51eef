import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProgramNames, RPC_FILE } from "../../src/portmapper/program-names.ts";

describe("portmapper: names of programs", () => {
  it("are those of a file, the first where several have the number", () => {
    const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-names-"));
    try {
      const file = join(folder, "rpc");
      writeFileSync(file, "# a comment\nfirst\t7 one  uno # its names\nsecond 7\n\nbroken x\nthird 9\r\n");
      const names = ProgramNames.load(file);
      assert.deepEqual([names.nameOf(7), names.nameOf(9), names.nameOf(100_000)], ["first", "third", undefined]);
      assert.deepEqual(
        ["first", "uno", "second", "third"].map((name) => names.numberOf(name)),
        [7, 7, 7, 9],
      );
      assert.deepEqual(
        [names.numberOf("broken"), names.numberOf("its"), names.numberOf("UNO")],
        Array(3).fill(undefined),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are built in where there is no file", () => {
    const names = ProgramNames.load("/nowhere/rpc");
    assert.deepEqual(
      [names.nameOf(100_000), names.nameOf(100_003), names.nameOf(200_000)],
      ["portmapper", "nfs", undefined],
    );
    assert.deepEqual(
      [names.numberOf("rpcbind"), names.numberOf("vxi11"), names.numberOf("libvirt")],
      [100_000, 0x0607af, 0x20008086],
    );
  });

  it("that are built in are the system's, where it has them", function () {
    if (!existsSync(RPC_FILE)) this.skip();
    const system = ProgramNames.load();
    for (const number of [100_000, 100_001, 100_003, 100_005, 100_011, 100_021, 100_024, 100_227]) {
      assert.equal(new ProgramNames().nameOf(number), system.nameOf(number));
    }
  });
});

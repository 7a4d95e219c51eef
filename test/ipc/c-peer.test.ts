import assert from "node:assert/strict";
import { CPeer, cProgram, whyNoPeer } from "./c-peer.ts";

describe("CPeer", () => {
  before(function () {
    const reason = whyNoPeer();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  it("talks by lines, which wait for who asks", async () => {
    await using peer = await CPeer.start("echo", ["one", 2]);
    assert.equal(await peer.line(), "one");
    assert.equal(await peer.line(), "2");
    await peer.line();
    assert.equal(await peer.ask("three"), "<three>");
    assert.equal(await peer.exit(), 0);
  });

  it("tells the code or the signal of its end, and what it said on standard error", async () => {
    await using peer = await CPeer.start("echo");
    await peer.line();
    peer.say("exit 3");
    await assert.rejects(peer.line(), /echo ended \(3\) without a line: bye/);
    assert.equal(await peer.exit(), 3);
    await using killed = await CPeer.start("echo");
    killed.kill("SIGKILL");
    assert.equal(await killed.exit(), "SIGKILL");
  });

  it("is compiled once", async () => {
    assert.equal(await cProgram("echo"), await cProgram("echo"));
    await assert.rejects(cProgram("none-such"), /none-such\.c/);
  });
});

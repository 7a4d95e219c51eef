import assert from "node:assert/strict";
import { C_TOOLS, needs } from "../namespace.ts";
import { specification, typesOf } from "./load.ts";
import { Peer } from "./peer.ts";

describe("interop: the C program of the differential test", function () {
  this.timeout(60_000);
  const given = specification("bytes");
  let peer: Peer | undefined;

  before(needs({ commands: C_TOOLS }));
  before(async () => {
    peer = await Peer.start(given);
  });
  after(() => peer?.[Symbol.asyncDispose]());

  async function ask(name: string, hex: string): Promise<string> {
    const answer = await peer?.ask(
      typesOf(given.model).findIndex((definition) => definition.name === name),
      Buffer.from(hex, "hex"),
    );
    return `${answer?.status ?? ""}: ${Buffer.from(answer?.first ?? []).toString("hex")}`;
  }

  it("writes from its structures, not from what it read: padding comes back as zeros, a string ends at NUL", async () => {
    assert.equal(await ask("words_of", "00000003616263ff"), "done: 0000000361626300");
    assert.equal(await ask("words_of", "0000000361006300"), "done: 0000000161000000");
    assert.equal(await ask("blob", "0000000161626364"), "done: 0000000161000000");
  });

  it("says what C does not take", async () => {
    assert.equal(await ask("words_of", "0000000d" + "61".repeat(16)), "C does not decode it: ");
    assert.equal(await ask("words_of", "00000002"), "C does not decode it: ");
    assert.equal(await ask("words_of", "0000000000000000"), "C leaves bytes behind: ");
    assert.equal((await peer?.ask(1000, Uint8Array.of()))?.status, "C knows no such type or procedure");
  });

  it("a request of a program that has ended rejects", async () => {
    await using other = await Peer.start(given);
    await other[Symbol.asyncDispose]();
    await assert.rejects(other.ask(0, Uint8Array.of()), /no more/);
  });
});

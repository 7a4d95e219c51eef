import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const xdr = new URL("../../src/xdr/index.js", import.meta.url).href;

/** Writes and reads a string of each length that has a path of its own; prints what came back, or an error's code. */
const script = `
  delete globalThis.Buffer;
  const { XdrReader, XdrWriter } = await import(${JSON.stringify(xdr)});
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const length of [3, 13, 65, 5000]) {
    const w = new XdrWriter();
    const text = "\\u00e9".repeat(length - 1) + "\\u0080";
    w.latin1(text);
    const bytes = w.bytes();
    const back = new XdrReader(bytes).latin1();
    console.log(length, bytes.length, hex(bytes.subarray(0, 6)), back === text);
  }
  try {
    new XdrWriter().latin1("x".repeat(100) + "\\u0100", "T.f");
  } catch (error) {
    console.log(error.code, error.place);
  }
`;

describe("xdr: where there is no Buffer, as in a browser", () => {
  it("latin1 strings are the same bytes", () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    assert.equal(stderr, "");
    assert.deepEqual(stdout.trimEnd().split("\n"), [
      "3 8 00000003e9e9 true",
      "13 20 0000000de9e9 true",
      "65 72 00000041e9e9 true",
      "5000 5004 00001388e9e9 true",
      "XDR_LATIN1 T.f",
    ]);
  });
});

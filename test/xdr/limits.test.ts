import assert from "node:assert/strict";
import {
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_DEPTH,
  DEFAULT_MAX_ELEMENTS,
  type XdrCodec,
  XdrError,
  type XdrErrorCode,
  XdrReader,
  XdrWriter,
} from "../../src/xdr/index.ts";

function codeOf(action: () => unknown): XdrErrorCode | "none" {
  try {
    action();
    return "none";
  } catch (error) {
    assert.ok(error instanceof XdrError, String(error));
    return error.code;
  }
}

const enterTimes = (on: XdrWriter | XdrReader, times: number): void => {
  for (let i = 0; i < times; i++) on.enter("T");
};

describe("xdr: bounds, with their defaults", () => {
  const elements = (count: number): Uint8Array => {
    const w = new XdrWriter();
    w.uint32(count);
    return w.bytes().slice();
  };
  /** Each bound: its default, the largest that passes and the smallest that fails. */
  const bounds: readonly (readonly [string, number, number, () => unknown, () => unknown, XdrErrorCode])[] = [
    ["writer maxBytes", DEFAULT_MAX_BYTES, 64 * 1024 * 1024,
      () => { new XdrWriter().opaqueFixed(new Uint8Array(DEFAULT_MAX_BYTES), DEFAULT_MAX_BYTES); },
      () => new XdrWriter().reserve(DEFAULT_MAX_BYTES + 4), "XDR_MAX_BYTES"],
    ["writer maxBytes, set to 8", 8, 8,
      () => { new XdrWriter({ maxBytes: 8 }).int64(1n); },
      () => { const w = new XdrWriter({ maxBytes: 8 }); w.int64(1n); w.int32(1); }, "XDR_MAX_BYTES"],
    ["writer maxDepth", DEFAULT_MAX_DEPTH, 256,
      () => { enterTimes(new XdrWriter(), 256); }, () => { enterTimes(new XdrWriter(), 257); }, "XDR_DEPTH"],
    ["reader maxDepth", DEFAULT_MAX_DEPTH, 256,
      () => { enterTimes(new XdrReader(elements(0)), 256); }, () => { enterTimes(new XdrReader(elements(0)), 257); }, "XDR_DEPTH"],
    ["reader maxElements", DEFAULT_MAX_ELEMENTS, 16 * 1024 * 1024,
      () => new XdrReader(elements(DEFAULT_MAX_ELEMENTS)).arrayLength("T", 0),
      () => new XdrReader(elements(DEFAULT_MAX_ELEMENTS + 1)).arrayLength("T", 0), "XDR_ELEMENTS"],
    ["reader maxElements, over all arrays", 3, 3,
      () => { const r = new XdrReader(new Uint8Array([0, 0, 0, 3]), { maxElements: 3 }); r.arrayLength("T", 0); },
      () => {
        const r = new XdrReader(new Uint8Array([0, 0, 0, 2, 0, 0, 0, 2]), { maxElements: 3 });
        r.arrayLength("T", 0);
        r.arrayLength("T", 0);
      }, "XDR_ELEMENTS"],
  ]; // prettier-ignore
  for (const [name, actual, expected, passes, fails, code] of bounds) {
    it(`${name}: ${expected}`, () => {
      assert.equal(actual, expected);
      assert.equal(codeOf(passes), "none");
      assert.equal(codeOf(fails), code);
    });
  }

  it("leave() gives a level back", () => {
    const w = new XdrWriter({ maxDepth: 1 });
    for (let i = 0; i < 10; i++) {
      w.enter();
      w.leave();
    }
  });

  it("a cyclic list ends in XDR_MAX_BYTES", () => {
    interface Node {
      id: number;
      next: Node | null;
    }
    const codec: XdrCodec<Node> = {
      encode(w, value) {
        for (let node: Node | null = value; ;) {
          w.int32(node.id, "Node.id");
          node = node.next;
          w.present(node !== null, "Node.next");
          if (node === null) return;
        }
      },
      decode: () => assert.fail("not used"),
    };
    const node: Node = { id: 1, next: null };
    node.next = node;
    assert.equal(
      codeOf(() => {
        codec.encode(new XdrWriter({ maxBytes: 1024 }), node);
      }),
      "XDR_MAX_BYTES",
    );
  });

  it("a length is refused before anything is allocated", () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 100; i++) {
      assert.equal(
        codeOf(() => new XdrReader(new Uint8Array([0x7f, 255, 255, 255, 0])).opaque("T")),
        "XDR_TRUNCATED",
      );
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
  });
});

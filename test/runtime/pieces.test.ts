import assert from "node:assert/strict";
import { FrameReader, MAX_FIFO_DATA_BYTES, makeFrame } from "../../src/runtime/transport/fifo/frames.ts";
import { MAX_UNTAKEN_BYTES } from "../../src/runtime/limits.ts";
import { PieceReceiver } from "../../src/runtime/transport/pieces/piece-receiver.ts";
import { type PieceOutlet, PieceStream } from "../../src/runtime/transport/pieces/piece-stream.ts";
import { type Piece, TELL_TAKEN, kinds, makePiece, readPiece } from "../../src/runtime/transport/pieces/piece.ts";
import { Random } from "../fuzz/random.ts";
import { hexWords } from "./support.ts";

const header = {
  id: 0x01020304,
  nonce: 0xa1a2a3a4,
  kind: kinds.data,
  flags: TELL_TAKEN,
  offset: 7,
  taken: 0xffff_ffff,
};

function pieceOf(data: string, more: Partial<typeof header> = {}): Buffer {
  const piece = makePiece({ ...header, ...more }, data.length);
  piece.write(data, piece.length - data.length, "latin1");
  return piece;
}

describe("runtime: pieces of a stream", () => {
  it("begin with twenty bytes", () => {
    const piece = pieceOf("abcd");
    assert.equal(hexWords(piece), "01020304 a1a2a3a4 03010001 00000007 ffffffff 61626364");
    assert.deepEqual(readPiece(piece), { ...header, data: piece.subarray(20) });
  });

  it("are none where they are too short, of another version or kind, or of no stream", () => {
    assert.equal(readPiece(pieceOf("").subarray(0, 19)), undefined);
    for (const [at, byte] of [
      [8, 0],
      [8, 6],
      [11, 2],
      [0, 0x80],
    ] as const) {
      const piece = pieceOf("abcd");
      piece[at] = byte;
      assert.equal(readPiece(piece), undefined, `${byte} at ${at}`);
    }
    assert.equal(readPiece(pieceOf("", { id: 0 })), undefined);
  });

  it("are taken up to the window, and told of where that is asked", () => {
    const read: number[] = [];
    const receiver = new PieceReceiver((bytes) => {
      read.push(bytes?.length ?? -1);
      return false;
    });
    assert(receiver.put(new Uint8Array(MAX_UNTAKEN_BYTES), false, true));
    assert.equal(receiver.isToTell, false, "nobody has read it");
    assert.equal(receiver.put(new Uint8Array(1), false, false), false);
    receiver.read();
    assert.deepEqual(read, [MAX_UNTAKEN_BYTES]);
    assert.equal(receiver.isToTell, true);
    assert(receiver.put(new Uint8Array(0), true, false));
    assert.deepEqual(read, [MAX_UNTAKEN_BYTES, -1]);
    assert.equal(receiver.put(new Uint8Array(1), false, false), false, "behind the end");
  });
});

describe("runtime: a stream in pieces", () => {
  /** A stream, and what it sends. */
  function make(): { stream: PieceStream; sent: Piece[]; errors: string[] } {
    const sent: Piece[] = [];
    const errors: string[] = [];
    const outlet: PieceOutlet = {
      maxDataBytes: 4,
      room: (underWay) => 8 - underWay,
      trySend: (bytes) => {
        const piece = readPiece(bytes);
        if (piece !== undefined) sent.push(piece);
        return true;
      },
      send: () => Promise.reject(new Error("there was room")),
      unref: () => undefined,
    };
    const stream = new PieceStream({ id: 1, nonce: 2, outlet });
    stream.on("error", (error) => errors.push(error.message));
    return { stream, sent, errors };
  }
  const come = (stream: PieceStream, more: Partial<Piece>): void => {
    stream.receive({
      id: 1,
      nonce: 2,
      kind: kinds.data,
      flags: 0,
      offset: 0,
      taken: 0,
      data: new Uint8Array(0),
      ...more,
    });
  };
  const text = (sent: readonly Piece[]): string[] => sent.map(({ data }) => Buffer.from(data).toString());

  it("sends no more than there is room for, asks what was taken, and goes on then", async () => {
    const { stream, sent } = make();
    const written = new Promise((resolve) => stream.write("0123456789", resolve));
    assert.deepEqual(text(sent), ["0123", "4567"]);
    assert.deepEqual(
      sent.map(({ offset, flags }) => [offset, flags]),
      [
        [0, TELL_TAKEN],
        [4, 0],
      ],
    );
    come(stream, { taken: 4 });
    assert.deepEqual(text(sent), ["0123", "4567", "89"]);
    await written;
    assert.equal(stream.takenBytes, 4);
    stream.destroy();
  });

  it("ends with an error where a piece is missing, or where more was taken than was sent", async () => {
    for (const more of [{ offset: 4, data: Buffer.from("abcd") }, { taken: 1 }]) {
      const { stream, sent, errors } = make();
      come(stream, more);
      await new Promise((resolve) => stream.once("close", resolve));
      assert.equal(errors.length, 1);
      assert.deepEqual(sent.at(-1)?.kind, kinds.gone);
    }
  });

  it("hands on what had come when the other end goes, and then ends", async () => {
    const { stream } = make();
    come(stream, { data: Buffer.from("abcd") });
    stream.peerGone(new Error("it died"));
    const read: string[] = [];
    for await (const bytes of stream) read.push(String(bytes));
    assert.deepEqual(read, ["abcd"]);
    assert.equal(stream.reasonOfEnd?.message, "it died");
  });
});

describe("runtime: frames in a FIFO", () => {
  it("have a mark, a checksum and a length, and fit a write that is not divided", () => {
    const frame = makeFrame(pieceOf("abcd"));
    assert.equal(frame.subarray(0, 4).toString(), "tsrf");
    assert.equal(frame.readUInt16BE(8), 24);
    assert.equal(makeFrame(makePiece(header, MAX_FIFO_DATA_BYTES)).length, 4096);
  });

  it("are found in whatever pieces they come, and among whatever else there is", () => {
    const random = new Random(20261121);
    for (let round = 0; round < 200; round++) {
      const parts: Buffer[] = [];
      const wanted: string[] = [];
      for (let i = 0; i < 10; i++) {
        const data = `${round} ${i} `.repeat(random.below(20));
        if (random.oneIn(3)) {
          const junk = random.oneIn(2)
            ? Buffer.from(random.times(random.below(60), () => random.below(256)))
            : makeFrame(pieceOf(data)).subarray(0, random.below(30)); // the head of a frame
          parts.push(junk);
        }
        wanted.push(data);
        parts.push(makeFrame(pieceOf(data)));
      }
      const all = Buffer.concat(parts);
      const reader = new FrameReader();
      const found: string[] = [];
      const received = (piece: Piece | undefined): void => {
        found.push(Buffer.from(piece?.data ?? []).toString("latin1"));
      };
      for (let at = 0; at < all.length;) {
        const to = at + 1 + random.below(200);
        reader.push(Uint8Array.from(all.subarray(at, to)), received);
        at = to;
      }
      reader.drained(received);
      assert.deepEqual(found, wanted);
    }
  });

  it("do not wait for the rest of what was no frame, once nothing more is there", () => {
    const reader = new FrameReader();
    const found: number[] = [];
    const received = (piece: Piece | undefined): void => {
      found.push(piece?.data.length ?? -1);
    };
    const claim = makeFrame(makePiece(header, 3000)).subarray(0, 100);
    reader.push(claim, received);
    reader.push(makeFrame(pieceOf("abcd")), received);
    assert.deepEqual(found, []);
    assert.equal(reader.drained(received), 100);
    assert.deepEqual(found, [4]);
  });
});

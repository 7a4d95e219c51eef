import assert from "node:assert/strict";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Mailbox, type MailboxCapacity, PosixSharedMemory, Ring } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { type Attempt, onlyOf, whileScribbled } from "./scribble.ts";
import { skipFor } from "./skip.ts";

/** What a scribbled ring may lead to: ENOSPC where all of its places seem to be taken, ENOTSUP where it seems to be another kind. */
const ringCodes = ["RING_CORRUPT", "ETIMEDOUT", "ENOTSUP", "ENOSPC", "EBUSY", "EBADF", "EMSGSIZE"];

/** Of a ring, what is not data: native/src/ring/layout.h. */
const HEADER_BYTES = 8704;

/** A file's beginning and its size, to be made so again: what was scribbled and cut lasts. */
class Pristine implements Disposable {
  readonly #fd: number;
  readonly #size: number;
  readonly #bytes: Uint8Array;

  constructor(file: string, bytes: number) {
    this.#fd = openSync(file, "r+");
    this.#size = fstatSync(this.#fd).size;
    this.#bytes = new Uint8Array(bytes);
    readSync(this.#fd, this.#bytes, 0, bytes, 0);
  }

  restore(): void {
    ftruncateSync(this.#fd, this.#size);
    writeSync(this.#fd, this.#bytes, 0, this.#bytes.length, 0);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

describe("rings and mailboxes that another process scribbles into while they are used", function () {
  this.timeout(30_000);
  const name = `tsrpcgen-scribbled-${String(process.pid)}`;
  let folder = "";

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "the files behind are Linux's"));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-scribble-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  for (const cuts of [false, true]) {
    it(`a ring${cuts ? ", which is cut, too" : ""}: errors, and waits that end`, async () => {
      const bytes = 64 * 1024;
      using memory = PosixSharedMemory.open(`/${name}`, { create: true, size: bytes });
      try {
        using mapping = memory.map();
        Ring.format(mapping);
        let ring = Ring.open(mapping);
        let rounds = 0;
        const scribbling = { file: `/dev/shm/${name}`, bytes, headBytes: 1024, cuts };
        const codes = await whileScribbled(
          scribbling,
          async (attempt) => {
            rounds += 1;
            await useRing(ring, rounds, attempt);
            await attempt(() => {
              ring.close();
              Ring.format(mapping);
              ring = Ring.open(mapping);
            });
          },
          (seen) => rounds > 10 && seen.has("RING_CORRUPT"),
        );
        assert(rounds > 10);
        onlyOf(codes, ringCodes);
        assert((codes.get("RING_CORRUPT") ?? 0) > 0, "it noticed");
        ring.close();
      } finally {
        PosixSharedMemory.unlink(`/${name}`);
      }
    });
  }

  async function useRing(ring: Ring, round: number, attempt: Attempt): Promise<void> {
    await attempt(() => ring.tryPush(new Uint8Array(round % 3000)));
    await attempt(() => ring.tryPop());
    await attempt(() => ring.tryPop({ into: new Uint8Array(round % 300) }));
    await attempt(() => {
      ring.pushSync(new Uint8Array(round % 300), { timeoutMs: 1 });
    });
    await attempt(() => ring.popSync({ timeoutMs: 1 }));
    await attempt(() => ring.length);
    if (round % 64 === 0) await attempt(() => ring.deaths());
    if (round % 16 !== 0) return;
    await attempt(() => ring.push(new Uint8Array(round % 300), { timeoutMs: 1 }));
    await attempt(() => ring.pop({ timeoutMs: 1 }));
  }

  const capacities: readonly (readonly [string, MailboxCapacity])[] = [
    ["without capacity", 0],
    ["of 16 KiB", { bytes: 16_384 }],
    ["of 9 messages", { messages: 9 }],
    ["that is unbounded", "unbounded"],
  ];
  for (const [what, capacity] of capacities) {
    for (const where of capacity === "unbounded" ? (["page", "file"] as const) : (["page"] as const)) {
      it(`a mailbox ${what}, ${where === "page" ? "with the page that describes it" : "in its file, which is cut, too"}`, async () => {
        const options = { create: true, capacity, directory: folder, maxBytes: 100_000, maxMessageBytes: 1000 };
        Mailbox.open(name, options).close();
        try {
          const object = `/dev/shm/tsrpcgen-mailbox.${name}`;
          const file = where === "page" ? object : join(folder, readdirSync(folder)[0] ?? "");
          const bytes = capacity === "unbounded" && where === "page" ? 4096 : 12_000 + HEADER_BYTES;
          using pristine = new Pristine(file, Math.min(bytes, 4096 + HEADER_BYTES));
          let rounds = 0;
          let used = 0;
          const codes = await whileScribbled(
            { file, bytes, headBytes: 64, cuts: where === "file" },
            async (attempt) => {
              rounds += 1;
              pristine.restore();
              await attempt(async () => {
                using box = Mailbox.open(name);
                used += 1;
                await useMailbox(box, rounds, attempt);
              });
            },
            (seen) => used > 0 && seen.has("RING_CORRUPT"),
          );
          assert(used > 0, `${String(rounds)} rounds, ${String(used)} with a mailbox`);
          // The name of the file, too, may be another.
          onlyOf(codes, [...ringCodes, "ENOENT"]);
          assert((codes.get("RING_CORRUPT") ?? 0) > 0, "it noticed");
        } finally {
          Mailbox.unlink(name);
        }
      });
    }
  }

  async function useMailbox(box: Mailbox, round: number, attempt: Attempt): Promise<void> {
    const bytes = new Uint8Array(round % 900);
    await attempt(() => box.trySend(bytes));
    await attempt(() => box.tryReceive());
    await attempt(() => box.cacheSend(bytes));
    await attempt(() => {
      box.sendSync(bytes, { timeoutMs: 1 });
    });
    await attempt(() => box.receiveSync({ timeoutMs: 1 }));
    await attempt(() => box.length);
    await attempt(() => box.deaths());
    await attempt(() => box.send(bytes, { timeoutMs: 1 }));
    await attempt(() => box.receive({ timeoutMs: 1 }));
  }
});

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Mailbox, type MailboxCapacity } from "../../src/ipc/index.ts";
import { Random } from "../fuzz/random.ts";
import { whyNoAddon } from "../native/addon.ts";
import { SEED } from "../runtime/faults/proxy.ts";
import type { Form } from "./channel-peer.ts";
import { type Channel, Processes } from "./channel-processes.ts";
import { skipFor } from "./skip.ts";

/** Bytes at which the unbounded one of these tests is full. */
const CAP_BYTES = 1_000_000;

describe(`a mailbox between processes (TSRPC_SEED=${SEED})`, function () {
  this.timeout(60_000);
  const name = `test-processes-${process.pid}`;
  let folder = "";
  let box: Mailbox;

  before(function () {
    skipFor(this, whyNoAddon());
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-mailboxes-"));
  });
  afterEach(() => {
    box.close();
    Mailbox.unlink(name);
    rmSync(folder, { recursive: true });
  });

  function make(capacity: MailboxCapacity): Channel {
    box = Mailbox.open(name, { create: true, exclusive: true, capacity, maxBytes: CAP_BYTES, directory: folder });
    return {
      kind: "mailbox",
      name,
      get length() {
        return box.length;
      },
      push: (bytes) => box.send(bytes),
      deaths: () => box.deaths(),
    };
  }

  const capacities: readonly (readonly [what: string, capacity: MailboxCapacity, messages: number])[] = [
    ["without capacity", 0, 2000],
    ["of 2048 bytes", { bytes: 2048 }, 10_000],
    ["of 3 messages", { messages: 3 }, 4000],
    ["that is unbounded", "unbounded", 10_000],
  ];
  const lengths = [8, 128] as const;
  // Each way to send: for as long as it takes, not at all, one kept.
  const producers: readonly Form[] = ["sync", "async", "try", "cache"];
  const consumers: readonly Form[] = ["sync", "async", "try"];

  for (const [what, capacity, messages] of capacities) {
    it(`${what}: each message to exactly one receiver, each sender's in order`, async () => {
      await using processes = new Processes(make(capacity));
      await processes.run({ producers, consumers, lengths }, messages);
    });

    it(`${what}, each killed at some moment: the others go on, and the books are right to the message`, async () => {
      await using processes = new Processes(make(capacity));
      const cast = { producers: ["sync", "async", "cache"], consumers: ["sync", "async"], lengths } as const;
      await processes.runKilled(cast, messages, 2, new Random(SEED));
    });
  }

  it("that is unbounded: what nobody receives fills the file up to its cap, and no further", async () => {
    await using processes = new Processes(make("unbounded"));
    const file = join(folder, readdirSync(folder)[0] ?? "");
    // 30,000 messages of 92 bytes, the 8 of each counted, are more than it takes.
    await processes.run({ producers, consumers, lengths }, 30_000, async () => {
      while (statSync(file).blocks * 512 < CAP_BYTES) await new Promise(setImmediate);
    });
    assert(statSync(file).size < CAP_BYTES + 16_384);
  });
});

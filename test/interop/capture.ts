import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cPrograms } from "./c-programs.ts";
import { dissect } from "./dissect.ts";
import { missing, run } from "./namespace.ts";
import { Running } from "./process.ts";

/** A message that Wireshark's dissector found, by the names of its fields. */
export interface Dissected {
  /** 0 a call, 1 a reply. */
  readonly type: string;
  readonly program: string;
  /** Of a call. */
  readonly flavor: string;
  /** Of a reply: 0 accepted, 1 denied. */
  readonly replyStat: string;
  readonly acceptStat: string;
  readonly rejectStat: string;
  readonly authStat: string;
}

const FIELDS = [
  "rpc.msgtyp",
  "rpc.program",
  "rpc.auth.flavor",
  "rpc.replystat",
  "rpc.state_accept",
  "rpc.state_reject",
  "rpc.state_auth",
];

/**
 * Bytes of a packet on loopback: Wireshark calls packets with more than 500 messages malformed, and the default of 64 KiB
 * holds as many.
 */
const PACKET_BYTES = 8192;
const DEFAULT_PACKET_BYTES = 65_536;

/**
 * Captures what passes the loopback interface while the tests of a suite run, and ends the suite with a test of it: no
 * packet is malformed. To be called in a `describe` behind its tests; what UNIX sockets carry is not seen.
 *
 * @param check - Looks at the messages.
 */
export function captured(check: (messages: readonly Dissected[]) => void): void {
  let capture: Running | undefined;
  let folder: string | undefined;
  before(async function () {
    if ((await missing({ namespace: true, commands: { tshark: "tshark" } })) !== undefined) return;
    await packets(PACKET_BYTES);
    folder = await mkdtemp(join(tmpdir(), "tsrpcgen-capture-"));
    capture = new Running((await cPrograms()).capture, [join(folder, "lo.pcap")]);
    await capture.line((line) => line === "ready");
  });
  after(async () => {
    await capture?.end();
    if (folder === undefined) return;
    await rm(folder, { recursive: true });
    await packets(DEFAULT_PACKET_BYTES);
  });
  describe("all of it", () => {
    it("passes Wireshark's dissector without a malformed packet", async function () {
      const reason = await missing({ commands: { tshark: "tshark" } });
      if (reason !== undefined && this.test !== undefined) this.test.title += ` (skipped: ${reason})`;
      if (capture === undefined || folder === undefined) return this.skip();
      assert.equal(await capture.end(), 0, capture.stderr);
      const file = join(folder, "lo.pcap");
      assert.deepEqual(await dissect(file, "_ws.malformed", ["frame.number", "frame.protocols"]), []);
      check((await dissect(file, "rpc", FIELDS)).flatMap(messagesOf));
    });
  });
}

async function packets(maxBytes: number): Promise<void> {
  await run("ip", ["link", "set", "lo", "mtu", String(maxBytes), "gso_max_size", String(maxBytes)]);
}

/** Of one packet: each field has as many values, with commas between them, as messages have it. */
function messagesOf(packet: readonly string[]): Dissected[] {
  const columns = packet.map((column) => column.split(","));
  return (columns[0] ?? []).map((type, i) => {
    const value = (column: number): string => columns[column]?.[i] ?? "";
    return {
      type,
      program: value(1),
      flavor: value(2),
      replyStat: value(3),
      acceptStat: value(4),
      rejectStat: value(5),
      authStat: value(6),
    };
  });
}

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cPrograms } from "./c-programs.ts";
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

/** Without them, ports that other protocols have, and programs that Wireshark has not heard of, are not read as RPC. */
const READ_AS_RPC = [
  "rpc.dissect_unknown_programs:TRUE",
  "rpc.desegment_rpc_over_tcp:TRUE",
  "tcp.try_heuristic_first:TRUE",
  "udp.try_heuristic_first:TRUE",
];

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
      assert.equal(await dissect(file, "_ws.malformed", ["frame.number", "_ws.malformed.expert"]), "");
      const lines = (await dissect(file, "rpc", FIELDS)).split("\n").slice(0, -1);
      check(lines.flatMap(messagesOf));
    });
  });
}

async function packets(maxBytes: number): Promise<void> {
  await run("ip", ["link", "set", "lo", "mtu", String(maxBytes), "gso_max_size", String(maxBytes)]);
}

/** Of one packet: each field has as many values, with commas between them, as messages have it. */
function messagesOf(line: string): Dissected[] {
  const columns = line.split("\t").map((column) => column.split(","));
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

async function dissect(file: string, filter: string, fields: readonly string[]): Promise<string> {
  const { stdout } = await run(
    "tshark",
    [
      ...READ_AS_RPC.flatMap((preference) => ["-o", preference]),
      ...["-r", file, "-Y", filter, "-T", "fields"],
      ...fields.flatMap((field) => ["-e", field]),
    ],
    { maxBuffer: 1 << 26 },
  );
  return stdout;
}

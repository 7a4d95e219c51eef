import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./namespace.ts";

/**
 * What Wireshark may read a packet as. Of its 2,900 protocols many know their packets by the first bytes, and of a call over
 * UDP these are its xid: one of 200 is a report of RTCP (80 to BF, C8 to CC), and malformed as such.
 */
const PROTOCOLS = [
  "frame",
  "raw",
  "eth",
  "ethertype",
  "ip",
  "ipv6",
  "icmp",
  "icmpv6",
  "tcp",
  "udp",
  "data",
  "rpc",
  "portmap",
];

/** Without the first, programs that Wireshark has not heard of are not read. */
const PREFERENCES = ["rpc.dissect_unknown_programs:TRUE", "rpc.desegment_rpc_over_tcp:TRUE"];

/** What `dissect` is asked beside its file, filter and fields. */
export interface DissectOptions {
  /** Protocols beside those of RPC, by the names of their filters. */
  readonly protocols?: readonly string[];
  /** More of tshark's own options. */
  readonly options?: readonly string[];
}

/**
 * Reads a capture by tshark, Wireshark's dissector.
 *
 * @param file - In a folder of its own: tshark's settings are written beside it.
 * @returns the fields of each packet that the filter lets through; a field that a packet has several times with commas
 */
export async function dissect(
  file: string,
  filter: string,
  fields: readonly string[],
  { protocols = [], options = [] }: DissectOptions = {},
): Promise<string[][]> {
  const read = new Set([...PROTOCOLS, ...protocols]);
  const disabled = (await allProtocols()).filter((name) => !read.has(name));
  await writeFile(join(dirname(file), "disabled_protos"), disabled.join("\n"));
  const { stdout } = await run(
    "tshark",
    [
      ...PREFERENCES.flatMap((preference) => ["-o", preference]),
      ...options,
      ...["-r", file, "-Y", filter, "-T", "fields"],
      ...fields.flatMap((field) => ["-e", field]),
    ],
    { maxBuffer: 1 << 26, env: { ...process.env, WIRESHARK_CONFIG_DIR: dirname(file) } },
  );
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t"));
}

let known: Promise<string[]> | undefined;

/** The names of its filters; those of its own notes, `_ws.malformed` among them, are no protocols. */
function allProtocols(): Promise<string[]> {
  known ??= run("tshark", ["-G", "protocols"]).then(({ stdout }) =>
    stdout
      .split("\n")
      .map((line) => line.split("\t")[2] ?? "")
      .filter((name) => name !== "" && !name.startsWith("_ws.")),
  );
  return known;
}

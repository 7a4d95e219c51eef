/** Sockets that systemd has made: the protocol of sd_listen_fds(3). */
import { RpcError } from "./error.ts";
import { type InheritedSocket, inheritedSocket } from "./inherited.ts";

/** One of the sockets that systemd passes, for `RpcServer.listenOn`. */
export interface ActivatedSocket extends InheritedSocket {
  /** Its `FileDescriptorName=`; empty where the variables give no names. systemd's default is the unit's name. */
  readonly name: string;
}

/** The first descriptor after stdin, stdout and stderr (SD_LISTEN_FDS_START). */
const FIRST_DESCRIPTOR = 3;

/** More can't be open, so that a forged count ends here and not in a long loop. */
const MAX_DESCRIPTORS = 1 << 20;

const VARIABLES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] as const;

/**
 * The sockets that systemd has made for this process (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`), in the order of
 * its units: none where it has not. The variables are deleted, so that a child does not take the sockets for its own,
 * and a second call gives none. Linux alone.
 *
 * Throws `RPC_CANTLISTEN` where a variable can't be read, or a descriptor is no socket of tcp, udp or a UNIX stream.
 * @param names takes the sockets of these names alone; what the others are does not matter
 */
export function inheritedSockets(names?: readonly string[]): ActivatedSocket[] {
  const [pid, count, all] = VARIABLES.map((name) => process.env[name]);
  if (pid === undefined && count === undefined) return [];
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
  if (pid === undefined || count === undefined) {
    throw new RpcError("RPC_CANTLISTEN", `${pid === undefined ? "LISTEN_PID" : "LISTEN_FDS"} is missing`);
  }
  if (wholeNumber("LISTEN_PID", pid, 0x7fff_ffff) !== process.pid) return []; // meant for a parent of this process
  const descriptors = wholeNumber("LISTEN_FDS", count, MAX_DESCRIPTORS);
  const named = all === undefined ? undefined : all.split(":");
  if (descriptors > 0 && named !== undefined && named.length !== descriptors) {
    throw new RpcError("RPC_CANTLISTEN", `LISTEN_FDNAMES has ${named.length} names for ${descriptors} descriptors`);
  }
  return Array.from({ length: descriptors }, (_, index) => ({
    fd: FIRST_DESCRIPTOR + index,
    name: named?.[index] ?? "",
  }))
    .filter(({ name }) => names === undefined || names.includes(name))
    .map(({ fd, name }) => ({ name, ...known(fd, name) }));
}

function wholeNumber(variable: string, text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
  if (value <= max) return value;
  throw new RpcError("RPC_CANTLISTEN", `${variable} is ${JSON.stringify(text)}, not a number up to ${max}`);
}

function known(fd: number, name: string): InheritedSocket {
  const socket = inheritedSocket(fd);
  if (socket !== undefined) return socket;
  const what = name === "" ? `descriptor ${fd}` : `descriptor ${fd} (${name})`;
  throw new RpcError("RPC_CANTLISTEN", `${what} of LISTEN_FDS is no socket of tcp, udp or a UNIX stream`);
}

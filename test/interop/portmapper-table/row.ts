/** One line of the table, and what lines are made of. */
import { type RawCall, TRANSPORTS, type Transport, bytes, u32 } from "./raw.ts";

/** One call, over some transports. */
export interface Row {
  readonly about: string;
  readonly version: number;
  readonly procedure: number;
  readonly args: Buffer;
  /** Default: all. */
  readonly over?: readonly Transport[];
  readonly auth?: Buffer;
  readonly at?: string;
  /** Whether the call is passed on: then a reply may come after that to a call that was sent later. */
  readonly passedOn?: boolean;
  /** The answers where they are not to be rpcbind's, and why. */
  readonly differs?: Difference;
}

export interface Difference {
  readonly why: string;
  /** Default: all of the row's. */
  readonly over?: readonly Transport[];
  readonly ours: string;
  readonly real: string;
}

/** Rows that are asked one after the other of the same portmapper. */
export interface Script {
  readonly name: string;
  /** Whether indirect calls are switched on (rpcbind's `-r`). */
  readonly indirect?: boolean;
  /** What is called in front of the rows, and not compared. */
  readonly setUp?: readonly Row[];
  readonly rows: readonly Row[];
}

export const A: number = 200_300;
export const PORTMAPPER = 100_000;
/** An address of this host that is not loopback: see the test. */
export const ELSEWHERE = { udp: "10.1.1.1", udp6: "fd00::1" } as const;

export const NONE: Buffer = Buffer.alloc(0);
export const DATAGRAMS: readonly Transport[] = ["udp", "udp6"];
export const SUCCESS = "0000000100000000000000000000000000000000";
export const PROG_UNAVAIL = "0000000100000000000000000000000000000001";
export const GARBAGE_ARGS = "0000000100000000000000000000000000000004";
export const SYSTEM_ERR = "0000000100000000000000000000000000000005";
export const TOO_WEAK = "00000001000000010000000100000005";
export const FALSE: string = `${SUCCESS}00000000`;
export const TRUE: string = `${SUCCESS}00000001`;

export function rpcb(version: number, netid = "", address: string | Uint8Array = "", program: number = A): Buffer {
  return Buffer.concat([u32(program, version), bytes(netid), bytes(address), bytes("someone")]);
}

export function remote(procedure: number, args: string | Uint8Array = "", version = 1, program: number = A): Buffer {
  return Buffer.concat([u32(program, version, procedure), bytes(args)]);
}

export function row(about: string, version: number, procedure: number, args: Buffer, more: Partial<Row> = {}): Row {
  return { about, version, procedure, args, ...more };
}

export const local = (about: string, version: number, procedure: number, args: Buffer): Row =>
  row(about, version, procedure, args, { over: ["local"] });

/** What the scripts begin with. */
export const registered = (port = 1031): readonly Row[] => {
  const low = `${port >> 8}.${port & 0xff}`;
  return [
    local("SET udp", 4, 1, rpcb(1, "udp", `0.0.0.0.${low}`)),
    local("SET tcp", 3, 1, rpcb(1, "tcp", "0.0.0.0.4.5")),
    local("SET udp6", 4, 1, rpcb(1, "udp6", `::.${low}`)),
    local("SET tcp6", 4, 1, rpcb(1, "tcp6", "::.4.5")),
    local("SET local", 4, 1, rpcb(1, "local", "/tmp/x")),
    local("SET of another version", 2, 1, u32(A, 3, 17, 1030)),
    local("SET of another version", 4, 1, rpcb(3, "udp6", "::.4.6")),
  ];
};

export const dumps: readonly Row[] = [2, 3, 4].map((version) => row("DUMP", version, 4, NONE));

/** The row's calls, one for each transport. */
export function callsOf({ version, procedure, args, over = TRANSPORTS, auth, at }: Row): RawCall[] {
  return over.map((each) => ({
    over: each,
    version,
    procedure,
    args,
    ...(auth !== undefined && { auth }),
    ...(at !== undefined && { at }),
  }));
}

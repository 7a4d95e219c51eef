/** Calls for others, hostile lengths, and the counts. */
import { SILENCE, bytes, u32, type Transport } from "./raw.ts";
import {
  A,
  PORTMAPPER,
  NONE,
  DATAGRAMS,
  PROG_UNAVAIL,
  SYSTEM_ERR,
  TOO_WEAK,
  registered,
  rpcb,
  remote,
  row,
  ELSEWHERE,
  type Row,
  type Script,
} from "./row.ts";
import { ANSWERS } from "./service.ts";

/** Lengths that promise what does not come: CVE-2017-8779. */
export const bombs: Script = {
  name: "lengths that promise gigabytes",
  rows: [0xffff_fff0, 0x7fff_ffff, 0x4000_0000].flatMap((length) => [
    ...[3, 4].flatMap((version) => [
      ...[1, 2, 3].map((procedure) =>
        row("SET, UNSET, GETADDR", version, procedure, u32(A, 1, length), { over: ["udp", "udp6", "local"] }),
      ),
      row("UADDR2TADDR", version, 7, u32(length), { over: ["udp", "udp6", "local"] }),
      row("TADDR2UADDR", version, 8, u32(length, length), { over: ["udp", "udp6", "local"] }),
    ]),
    row("CALLIT", 2, 5, u32(A, 1, 0, length)),
    row("CALLIT", 3, 5, u32(A, 1, 0, length)),
    row("BCAST", 4, 5, u32(A, 1, 0, length)),
    row("INDIRECT", 4, 10, u32(A, 1, 0, length)),
  ]),
};

/** More entries than a datagram of libtirpc's holds. */
export const longList: Script = {
  name: "DUMP of 450 entries",
  setUp: Array.from({ length: 450 }, (_, i) => row("SET", 2, 1, u32(A, i, 6, 7), { over: ["local"] })),
  rows: [
    row("over udp", 2, 4, NONE, {
      over: DATAGRAMS,
      differs: { why: "rpcbind says nothing, and its client waits", ours: SYSTEM_ERR, real: SILENCE },
    }),
    row("over streams", 2, 4, NONE, { over: ["tcp", "tcp6", "local"] }),
    row("version 3", 3, 4, NONE),
    row("version 4", 4, 4, NONE),
  ],
};

/** The procedures that make calls for others. */
const INDIRECT_PROCEDURES = [
  { name: "CALLIT", version: 2, procedure: 5 },
  { name: "CALLIT", version: 3, procedure: 5 },
  { name: "BCAST", version: 4, procedure: 5 },
  { name: "INDIRECT", version: 4, procedure: 10 },
] as const;

const UNIX = bytes(Buffer.concat([u32(99), bytes("host"), u32(1000, 1001, 2, 5, 6)]));
const AUTH_SYS = Buffer.concat([u32(1), UNIX, u32(0, 0)]);

/** Programs that rpcbind makes some indirect calls to, with a procedure of each that it does not. */
const DENIED = [
  [PORTMAPPER, 4],
  [100_003, 1],
  [100_004, 3],
  [100_005, 1],
  [100_007, 2],
  [100_009, 1],
  [100_011, 1],
] as const;

export const indirect = (isOn: boolean, port: number): Script => ({
  name: `CALLIT, BCAST, INDIRECT, switched ${isOn ? "on" : "off"}`,
  indirect: isOn,
  rows: [
    ...registered(port),
    ...INDIRECT_PROCEDURES.flatMap(({ name, version, procedure }): Row[] => {
      const passedOn = isOn;
      const tells = procedure === 10;
      const streams: readonly Transport[] = ["tcp", "tcp6", "local"];
      const call = (about: string, args: Buffer, more: Partial<Row> = {}): Row =>
        row(`${name}: ${about}`, version, procedure, args, { over: DATAGRAMS, ...more });
      return [
        ...Object.entries(ANSWERS).map(([answer, number]) =>
          call(`the service answers ${answer}`, remote(number, u32(7, 8)), { passedOn }),
        ),
        call("over a stream", remote(ANSWERS.text), { over: streams }),
        call("arguments that fill no word", remote(ANSWERS.text, "abc"), { passedOn }),
        call("with AUTH_SYS", remote(ANSWERS.text), { auth: AUTH_SYS, passedOn }),
        call("from elsewhere", remote(ANSWERS.text), { over: ["udp"], at: ELSEWHERE.udp, passedOn }),
        call("from elsewhere", remote(ANSWERS.text), { over: ["udp6"], at: ELSEWHERE.udp6, passedOn }),
        call("another version", remote(ANSWERS.text, "", 2)),
        call("another program", remote(ANSWERS.text, "", 1, A + 1)),
        ...DENIED.map(([program, denied]) => call(`a procedure of ${program}`, remote(denied, "", 2, program))),
        call("a denied program over a stream", remote(1, "", 1, 100_003), { over: streams }),
        call("NULL of NFS, which is not there", remote(0, "", 3, 100_003), {
          differs: {
            why: "no call is made to a denied program, whatever the procedure",
            ours: TOO_WEAK,
            real: tells ? PROG_UNAVAIL : SILENCE,
          },
        }),
      ];
    }),
  ],
});

export const statistics: Script = {
  name: "GETSTAT",
  rows: [
    row("GETSTAT of nothing", 4, 12, NONE),
    ...registered(),
    ...[2, 3, 4].flatMap((version) => [
      row("NULL", version, 0, NONE),
      row("DUMP", version, 4, NONE, { over: ["tcp"] }),
      row("garbage", version, 1, u32(1), { over: ["tcp"] }),
      row("UNSET", version, 2, version === 2 ? u32(A, 99, 6, 0) : rpcb(99), { over: ["tcp"] }),
      row("SET from elsewhere", version, 1, version === 2 ? u32(A, 1, 6, 9) : rpcb(1, "tcp", "a"), {
        over: ["udp"],
        at: ELSEWHERE.udp,
      }),
    ]),
    ...[1, 2, 9].flatMap((version) => [
      row("GETPORT", 2, 3, u32(A, version, 6, 0)),
      row("GETPORT", 2, 3, u32(A + version, version, 17, 0)),
      row("GETPORT of no protocol", 2, 3, u32(A, version, 99, 0)),
      row("GETADDR", 3, 3, rpcb(version)),
      row("GETADDR", 4, 3, rpcb(version)),
      row("GETADDR of none", 4, 3, rpcb(version, "", "", A + version)),
      row("GETVERSADDR", 4, 9, rpcb(version)),
      row("GETADDRLIST", 4, 11, rpcb(version)),
    ]),
    ...INDIRECT_PROCEDURES.flatMap(({ name, version, procedure }) =>
      [1, 2].map((of) => row(name, version, procedure, remote(0, "", of))),
    ),
    row("GETSTAT", 4, 12, NONE),
  ],
};

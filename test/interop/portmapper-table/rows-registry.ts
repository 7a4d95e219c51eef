/** NULL, SET, UNSET, DUMP and the lookups. */
import { SILENCE, TRANSPORTS, bytes, u32 } from "./raw.ts";
import {
  A,
  PORTMAPPER,
  NONE,
  SUCCESS,
  GARBAGE_ARGS,
  FALSE,
  TRUE,
  registered,
  dumps,
  rpcb,
  row,
  ELSEWHERE,
  type Script,
} from "./row.ts";

const IPV4 = Buffer.from("02000405" + "0a010101" + "0000000000000000", "hex");
const IPV6 = (address: string): Buffer => Buffer.from(`0a00040500000000${address}00000000`, "hex");
const netbuf = (content: Uint8Array, maxlen = content.length): Buffer => Buffer.concat([u32(maxlen), bytes(content)]);

export const conversions: Script = {
  name: "GETTIME, UADDR2TADDR, TADDR2UADDR",
  rows: [3, 4].flatMap((version) => [
    row("the time", version, 6, NONE),
    ...[
      "127.0.0.1.4.5",
      "::1.4.5",
      "fe80::1:2.255.255",
      "::ffff:1.2.3.4.0.111",
      "/tmp/x",
      "/tmp/x.4.5",
      "relative.4.5",
      "junk",
      "",
      ".",
      "..",
      "1.2.3.4.256.1",
      "1.2.3.4.-1.1",
      "1.2.3.4. 7.+9",
      "1.2.3.4.x.y",
      "1.2.3.4.5",
      "01.2.3.4.5.6",
      "1.2.3.4.5.6.7",
      `/${"x".repeat(106)}`,
      `/${"x".repeat(107)}`,
      `/${"x".repeat(300)}`,
    ].map((uaddr) => row(`UADDR2TADDR ${uaddr.slice(0, 24)} (${uaddr.length})`, version, 7, bytes(uaddr))),
    row("TADDR2UADDR of IPv4", version, 8, netbuf(IPV4)),
    row("TADDR2UADDR of 8 bytes", version, 8, netbuf(IPV4.subarray(0, 8))),
    row("TADDR2UADDR of nothing", version, 8, netbuf(NONE)),
    row("TADDR2UADDR of one byte", version, 8, netbuf(Buffer.of(1))),
    row("TADDR2UADDR of more than there is room for", version, 8, netbuf(IPV4, 4)),
    row("TADDR2UADDR of a path", version, 8, netbuf(Buffer.from("\x01\x00/tmp/x\0junk"))),
    ...[
      "00000000000000000000000000000000",
      "00000000000000000000000000000001",
      "20010db8000000000000000000000001",
      "20010db8000000010000000000000001",
      "00010000000000020000000000000000",
      "00010002000300040005000600070008",
      "0001000000030004000500060007000f",
      "00000000000000000000ffff01020304",
      "00000000000000000000000001020304",
      "00000000000000000000000000010203",
      "00000000000000000001000000010203",
    ].map((address) => row(`TADDR2UADDR of ${address}`, version, 8, netbuf(IPV6(address)))),
  ]),
};

export const lookups: Script = {
  name: "GETPORT, GETADDR, GETVERSADDR, GETADDRLIST",
  rows: [
    row("GETADDRLIST of the portmapper", 4, 11, rpcb(4, "", "", PORTMAPPER)),
    ...registered(),
    ...[1, 2, 3].flatMap((version) => [
      ...[6, 17, 99].map((protocol) => row(`GETPORT ${version} ${protocol}`, 2, 3, u32(A, version, protocol, 0))),
      row(`GETADDR ${version}`, 3, 3, rpcb(version)),
      row(`GETADDR ${version}`, 4, 3, rpcb(version)),
      row(`GETADDR ${version} by a hint`, 4, 3, rpcb(version, "", "10.1.1.1.0.111"), { over: ["udp", "tcp", "local"] }),
      row(`GETADDR ${version} by a hint`, 3, 3, rpcb(version, "", "fd00::1.0.111"), { over: ["udp6", "tcp6"] }),
      row(`GETVERSADDR ${version}`, 4, 9, rpcb(version)),
      row(`GETADDRLIST ${version}`, 4, 11, rpcb(version)),
      row(`GETADDRLIST ${version} by a hint`, 4, 11, rpcb(version, "", "10.1.1.1.0.111")),
      row(`GETADDRLIST ${version} by a hint`, 4, 11, rpcb(version, "", "fd00::1.0.111")),
      row(`GETADDRLIST ${version} by a hint that is none`, 4, 11, rpcb(version, "", "junk")),
    ]),
    row("GETADDR from elsewhere", 4, 3, rpcb(1), { over: ["udp", "tcp"], at: ELSEWHERE.udp }),
    row("GETADDR from elsewhere", 3, 3, rpcb(1), { over: ["udp6", "tcp6"], at: ELSEWHERE.udp6 }),
    row("GETADDRLIST from elsewhere", 4, 11, rpcb(1), { over: ["udp", "tcp"], at: ELSEWHERE.udp }),
    row("GETADDRLIST from elsewhere", 4, 11, rpcb(1), { over: ["udp6", "tcp6"], at: ELSEWHERE.udp6 }),
    row("GETADDR by a hint that is none", 4, 3, rpcb(1, "", "junk"), {
      over: ["udp"],
      differs: {
        why: "rpcbind gives the wildcard address that was registered, which reaches nobody",
        ours: `${SUCCESS}0000000d3132372e302e302e312e342e37000000`,
        real: `${SUCCESS}0000000b302e302e302e302e342e3700`,
      },
    }),
    row("GETADDR by a hint of the other family", 4, 3, rpcb(1, "", "10.1.1.1.0.111"), {
      over: ["tcp6"],
      differs: {
        why: "the same",
        ours: `${SUCCESS}000000073a3a312e342e3500`,
        real: `${SUCCESS}000000063a3a2e342e350000`,
      },
    }),
    row("SET of a netid in capitals", 4, 1, rpcb(7, "TCP", "0.0.0.0.9.9"), { over: ["local"] }),
    row("GETADDR of it", 4, 3, rpcb(7)),
    row("GETPORT of it", 2, 3, u32(A, 7, 6, 0)),
    row("UNSET of it", 4, 2, rpcb(7, "tCp"), { over: ["local"] }),
    ...dumps,
    row("SET of a netid that is none", 4, 1, rpcb(9, "foo", "bar"), { over: ["local"] }),
    row("SET beside it", 4, 1, rpcb(9, "tcp", "0.0.0.0.9.9"), { over: ["local"] }),
    row("GETADDRLIST of both", 4, 11, rpcb(9), {
      over: ["tcp"],
      differs: {
        why: "rpcbind never answers for a program again once a netid was registered that /etc/netconfig lacks",
        ours:
          `${SUCCESS}000000010000000d3132372e302e302e312e392e3900000000000003746370000000000300000004696e6574` +
          "000000037463700000000000",
        real: SILENCE,
      },
    }),
  ],
};

export const registrations: Script = {
  name: "NULL, SET, UNSET, DUMP",
  rows: [
    ...[2, 3, 4].flatMap((version) => [
      row("NULL", version, 0, NONE),
      row("NULL with arguments", version, 0, u32(1)),
      row("DUMP with arguments", version, 4, u32(1)),
      row("a procedure that there is not", version, version === 2 ? 6 : version === 3 ? 9 : 13, NONE),
    ]),
    ...TRANSPORTS.flatMap((over, i) => [
      row("SET", 2, 1, u32(A, 10 + i, 6, 1000), { over: [over] }),
      row("SET", 3, 1, rpcb(20 + i, "udp", "0.0.0.0.4.5"), { over: [over] }),
      row("SET", 4, 1, rpcb(20 + i, "tcp6", "::.4.5"), { over: [over] }),
      row("SET of the same", 4, 1, rpcb(20 + i, "tcp6", "::.4.5"), { over: [over] }),
      row("SET of another", 4, 1, rpcb(20 + i, "tcp6", "::.4.6"), { over: [over] }),
    ]),
    ...dumps,
    ...TRANSPORTS.flatMap((over, i) => [
      row("UNSET", 2, 2, u32(A, 10 + i, 17, 0), { over: [over] }),
      row("UNSET", 3, 2, rpcb(20 + i, "udp"), { over: [over] }),
      row("UNSET", 4, 2, rpcb(20 + i), { over: [over] }),
      row("UNSET of the portmapper", 4, 2, rpcb(4, "", "", PORTMAPPER), { over: over === "local" ? [] : [over] }),
    ]),
    ...dumps,
    ...[2, 3, 4].flatMap((version) =>
      [1, 2].flatMap((procedure) =>
        (["udp", "udp6"] as const).map((over) =>
          row(
            "SET and UNSET from elsewhere",
            version,
            procedure,
            version === 2 ? u32(A, 1, 6, 9) : rpcb(1, "tcp", "a"),
            {
              over: [over, over === "udp" ? "tcp" : "tcp6"],
              at: ELSEWHERE[over],
            },
          ),
        ),
      ),
    ),
    row("SET of an empty address", 4, 1, rpcb(30, "tcp"), { over: ["local"] }),
    row("GETADDR of it", 4, 3, rpcb(30), { over: ["tcp"] }),
    row("SET of an empty netid", 4, 1, rpcb(31, "", "a"), { over: ["local"] }),
    row("SET of program 0", 4, 1, rpcb(1, "tcp", "0.0.0.0.1.1", 0), { over: ["local"] }),
    row("SET of a netid of 64 bytes", 4, 1, rpcb(32, "n".repeat(64), "a"), { over: ["local"] }),
    row("SET of a netid of 65 bytes", 4, 1, rpcb(33, "n".repeat(65), "a"), {
      over: ["local"],
      differs: { why: "what is kept of one entry is bounded", ours: FALSE, real: TRUE },
    }),
    row("SET of an address of 256 bytes", 4, 1, rpcb(33, "tcp", "a".repeat(256)), {
      over: ["local"],
      differs: { why: "the same", ours: FALSE, real: TRUE },
    }),
    row("SET of a netid with a NUL", 4, 1, rpcb(34, "tcp\0x", "0.0.0.0.4.9"), {
      over: ["local"],
      differs: { why: "rpcbind cuts it there, and so registers what nobody named", ours: FALSE, real: TRUE },
    }),
    row("SET of an address that is no UTF-8", 4, 1, rpcb(35, "tcp", Buffer.of(0xff, 0xfe)), {
      over: ["local"],
      differs: { why: "a string of ours is text, and never silently replaced", ours: GARBAGE_ARGS, real: TRUE },
    }),
    row("SET of a port of 17 bits", 2, 1, u32(A, 36, 6, 65_537), {
      over: ["local"],
      differs: { why: "rpcbind cuts it, and so registers port 1", ours: FALSE, real: TRUE },
    }),
  ],
};

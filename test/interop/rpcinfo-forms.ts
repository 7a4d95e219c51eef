import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./namespace.ts";

/** What a run of rpcinfo, or of ours, left. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OURS = fileURLToPath(new URL("../../../bin/tsrpcinfo.js", import.meta.url));

async function ran(file: string, args: readonly string[]): Promise<Ran> {
  try {
    return { status: 0, ...(await run(file, args, { timeout: 40_000 })) };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== "number") throw error;
    return { status: code, stdout, stderr };
  }
}

/** The real rpcinfo; its name in messages is as ours has it. */
export async function rpcinfo(args: readonly string[]): Promise<Ran> {
  const { stderr, ...rest } = await ran("rpcinfo", args);
  return { ...rest, stderr: stderr.replaceAll("rpcinfo", "tsrpcinfo") };
}

/** Ours, without the line that it adds to the usage. */
export async function tsrpcinfo(args: readonly string[]): Promise<Ran> {
  const { stderr, ...rest } = await ran(process.execPath, [join(OURS), ...args]);
  return { ...rest, stderr: stderr.replace("       tsrpcinfo --help\n", "") };
}

const words = (lines: string): string[][] =>
  lines
    .trim()
    .split("\n")
    .map((line) =>
      line
        .trim()
        .split(/\s+/)
        .map((word) => (word === '""' ? "" : word))
        .filter((word) => word !== "-none-"),
    );

/** With a portmapper and the date program (201271) on tcp, udp and local. None changes what is registered. */
export const WITH_PORTMAPPER: readonly string[][] = words(`
  -none-
  127.0.0.1
  localhost
  ::1
  -- 127.0.0.1
  -T udp
  -T udp 127.0.0.1
  -T tcp6 ::1
  -T udp6 ::1
  -T tcp6 127.0.0.1
  -T local 127.0.0.1
  -T nope 127.0.0.1
  -p
  -p 127.0.0.1
  -p ::1
  127.0.0.1 -p
  -n 0 -p
  -s
  -s 127.0.0.1
  -T udp -s ::1
  -T udp6 -s ::1
  -l 127.0.0.1 201271 1
  -l 127.0.0.1 portmapper 3
  -l 127.0.0.1 rpcbind 2
  -l 127.0.0.1 201272 1
  -l -T udp 127.0.0.1 100000 4
  -l -T tcp6 ::1 100000 4
  -l -T local 127.0.0.1 100000 4
  -l -T nope 127.0.0.1 100000 4
  -t 127.0.0.1 100000
  -t localhost portmapper
  -t ::1 100000
  -t 127.0.0.1 201271
  -t 127.0.0.1 201271 1
  -t 127.0.0.1 201271 7
  -t 127.0.0.1 201272
  -t 127.0.0.1 100000 +4
  -u 127.0.0.1 sunrpc
  -u 127.0.0.1 201271
  -u 127.0.0.1 201271 7
  -u 127.0.0.1 201272 1
  -u ::1 100000 3
  -n 111 -t 127.0.0.1 100000
  -n 111 -u 127.0.0.1 100000 3
  -T tcp 127.0.0.1 100000
  -Ttcp 127.0.0.1 100000 4
  -T udp 127.0.0.1 201271
  -T tcp6 ::1 100000
  -T udp6 ::1 100000 4
  -T local 127.0.0.1 100000
  -T local "" 201271
  -T tcp6 127.0.0.1 100000
  -T nope 127.0.0.1 100000
  -T tcp 127.0.0.1 201271 7
  -T tcp 127.0.0.1 201272
  -T tcp -T udp 127.0.0.1 100000 4
  -a 127.0.0.1.0.111 -T tcp 100000
  -a 127.0.0.1.0.111 -T udp 100000 4
  -a ::1.0.111 -T tcp6 portmapper 4
  -a /run/rpcbind.sock -T local 100000
  -a 127.0.0.1.0.111 -T udp 201271 1
  -a 127.0.0.1.0.111 -T tcp 201271
  -a 127.0.0.1.0.9 -T tcp 100000
  -a 127.0.0.1.0.9 -T udp 100000 1
  -a 127.0.0.1.0.111 -T nope 100000
  -a nonsense -T tcp 100000
  -a ::1.0.111 -T tcp 100000
  -d -T nope 300001 1
  -d nosuch 1
`);

/** Command lines that are wrong, and hosts that there are not. No portmapper is asked. */
export const WRONG: readonly string[][] = words(`
  -T tcp 127.0.0.1 nosuch
  -T tcp 127.0.0.1 100000x
  -T tcp 127.0.0.1 0x186a0
  -T tcp 127.0.0.1 100000 x
  -T tcp 127.0.0.1 100000 ""
  -T tcp 127.0.0.1 ""
  -T tcp 127.0.0.1 100000 2 3
  127.0.0.1 100000
  127.0.0.1 100000 2
  a b c d
  -a 127.0.0.1.0.111 100000
  -a 127.0.0.1.0.111 -T tcp
  -l 127.0.0.1 100000
  -t 127.0.0.1
  -n x -t 127.0.0.1 100000
  -n 111 -p
  -p a b
  -s a b
  -b 100000
  -b nosuch 2
  -d
  -d 300001
  -p -s
  -ps
  -p -p
  -b -d
  -x
  -px
  -T
  -n
  -a
  -p nosuchhost.invalid
  -t nosuchhost.invalid 100000
  -u nosuchhost.invalid 100000 2
  -T tcp nosuchhost.invalid 100000
  -T udp6 nosuchhost.invalid 100000
`);

/** Without a portmapper; 10.9.9.9 has no way to it. */
export const WITHOUT_PORTMAPPER: readonly string[][] = words(`
  -none-
  127.0.0.1
  localhost
  -T udp 127.0.0.1
  -T tcp 127.0.0.1
  10.9.9.9
  -p
  -p 127.0.0.1
  -p 10.9.9.9
  -s
  -s 127.0.0.1
  -m
  -m localhost
  -m 10.9.9.9
  -l 127.0.0.1 100000 4
  -l -T udp 127.0.0.1 100000 4
  -t 127.0.0.1 100000
  -t 10.9.9.9 100000
  -u localhost 100000 2
  -u 10.9.9.9 100000
  -T tcp 127.0.0.1 100000
  -T udp 127.0.0.1 100000
  -T tcp6 ::1 100000
  -T udp 10.9.9.9 100000
  -T local 127.0.0.1 100000
  -a 10.9.9.9.0.111 -T tcp 100000
  -a 10.9.9.9.0.111 -T udp 100000
  -a 10.9.9.9.0.111 -T udp 100000 4
  -a /run/none -T local 100000
  -d 100 1
  -d -T udp 100 1
`);

import { createRequire } from "node:module";
import { Command, InvalidArgumentError } from "commander";
import { Portmapper } from "../portmapper.ts";
import type { PortmapperAddress, PortmapperOptions } from "../portmapper.ts";
import { parseUaddr } from "../../runtime/uaddr.ts";
import { listenError } from "./listen-error.ts";

interface CliOptions {
  readonly port: number;
  readonly host?: string;
  readonly socket?: string;
}

/** The order of the first line: what most people look for comes first. */
const SHOWN_ORDER = ["tcp", "udp", "tcp6", "udp6", "local"];

/**
 * The command tsrpcbind: a portmapper in the foreground, until SIGINT or SIGTERM.
 *
 * @param argv - As `process.argv`.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command("tsrpcbind")
    .description("Portmapper (rpcbind versions 2, 3 and 4): tells clients where this host's RPC services listen.")
    .option("--port <number>", "port for tcp and udp; 0 takes a free one", parsePort, 111)
    .option("--host <address>", "numeric address to listen at (default: all, IPv4 and IPv6)")
    .option("--socket <path>", "UNIX socket to listen at (default: /run/rpcbind.sock with port 111, else none)")
    .version(packageVersion())
    .helpOption("--help", "show this help")
    .addHelpText(
      "after",
      `
Runs in the foreground; SIGINT and SIGTERM end it. C programs look at port 111 and /run/rpcbind.sock alone.
Programs made with tsrpcgen find it elsewhere by TSRPC_PORTMAP=HOST:PORT or TSRPC_PORTMAP=PATH.`,
    )
    .allowExcessArguments(false)
    .parse([...argv]);
  const options: CliOptions = program.opts();
  const portmapper = new Portmapper(optionsOf(options));
  let bound: PortmapperAddress[];
  try {
    bound = await portmapper.listen();
  } catch (error) {
    console.error(`tsrpcbind: ${listenError(error, options.port)}`);
    process.exitCode = 1;
    return;
  }
  // Before the line that tells others that it may be signalled.
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        resolve();
      });
  });
  console.log(`tsrpcbind: listening on ${show(bound)}`);
  await ended;
  await portmapper.close();
}

function optionsOf({ port, host, socket }: CliOptions): PortmapperOptions {
  return { port, ...(host !== undefined && { host }), ...(socket !== undefined && { socket }) };
}

function show(bound: readonly PortmapperAddress[]): string {
  return SHOWN_ORDER.flatMap((shown) => bound.filter(({ netid }) => netid === shown))
    .map(({ netid, address }) => {
      const inet = parseUaddr(address);
      if (inet === undefined) return `${netid} ${address}`;
      return `${netid} ${inet.host.includes(":") ? `[${inet.host}]` : inet.host}:${inet.port}`;
    })
    .join(", ");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url)("tsrpcgen/package.json") as { readonly version: string };
  return manifest.version;
}

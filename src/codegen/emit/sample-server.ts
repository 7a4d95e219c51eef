/** What shapes a sample server: rpcgen's -s, -n, -K, -I and -L. */
import { localName } from "./local-name.ts";
import type { Scope } from "./scope.ts";
import { quote } from "./text.ts";

/** A transport by its netid. */
export type SampleTransport = "tcp" | "udp" | "tcp6" | "udp6" | "local";

/** What the sample server is to do. */
export interface SampleServerOptions {
  /** The transports that it listens on. Default: the runtime's, tcp, udp and local. */
  readonly transports?: readonly SampleTransport[];
  /**
   * Seconds without a call until it ends; 0: after its first call; `Infinity`: never. Default: never, and 120 (C rpcgen's)
   * where inetd has started it. With `inetd` it is for the server that inetd has started alone.
   */
  readonly idleSeconds?: number;
  /** Whether inetd can start it, too. Default: no. */
  readonly inetd?: boolean;
  /** Whether its errors go to the system's log. Default: no; with `inetd` always, since standard error may be the caller's connection. */
  readonly syslog?: boolean;
}

/** Pieces of the sample's text, in their order; each may be empty. */
export interface ServerText {
  readonly head: readonly string[];
  /** The argument of `new RpcServer`. */
  readonly options: string;
  readonly listen: readonly string[];
}

/** C rpcgen's `_RPCSVC_CLOSEDOWN`. */
const INETD_IDLE_SECONDS = 120;

/** The runtime's default: those that it listens on where nothing is said. */
const DEFAULTS: Readonly<Record<SampleTransport, boolean>> = {
  tcp: true,
  udp: true,
  tcp6: false,
  udp6: false,
  local: true,
};

/** `name` is the program's name in the system's log. */
export function serverText(scope: Scope, shape: SampleServerOptions, name: string): ServerText {
  const locals = new Set<string>();
  const inherited = localName(scope, "inherited", locals);
  const log = localName(scope, "log", locals);
  const logger = localName(scope, "logger", locals);
  const without = localName(scope, "withoutLogger", locals);
  const logs = shape.inetd === true || shape.syslog === true;
  const head: string[] = [];
  const options: string[] = [];
  if (shape.inetd === true) {
    head.push(
      "// The socket at descriptor 0, where inetd has started the program.",
      `const ${inherited} = ${scope.value("runtime", "inheritedSocket")}();`,
      "",
    );
  }
  const idle = idleTimeout(shape, inherited);
  if (idle !== undefined) options.push(`idleTimeoutMs: ${idle}`);
  if (logs) {
    head.push(...logging(scope, shape, name, { inherited, log, logger, without }), "");
    const text = `\${procedure.name}: \${${scope.global("String")}(error)}`;
    options.push(`onError: (error, { procedure }) => ${log}(\`${text}\`)`);
  }
  return {
    head,
    options: options.length === 0 ? "" : `{ ${options.join(", ")} }`,
    listen: listening(shape, inherited),
  };
}

function logging(
  scope: Scope,
  shape: SampleServerOptions,
  name: string,
  { inherited, log, logger, without }: Readonly<Record<"inherited" | "log" | "logger" | "without", string>>,
): string[] {
  const spawn = scope.value("node:child_process", "spawn");
  const text = scope.global("String");
  const otherwise =
    shape.inetd === true ? `${inherited} === undefined ? console.error : () => undefined` : "console.error";
  return [
    "// Errors go to the system's log by logger(1). Where there is none they go to standard error" +
      (shape.inetd === true ? ", unless that may be\n// the caller's connection." : "."),
    `const ${logger} = ${spawn}("logger", ["-t", ${quote(name)}, "-p", "daemon.err"], { stdio: ["pipe", "ignore", "ignore"] });`,
    `let ${log} = (text: string): void => void ${logger}.stdin.write(\`\${text}\\n\`);`,
    `const ${without} = (): void => { ${log} = ${otherwise}; };`,
    `${logger}.on("error", ${without}).unref();`,
    `${logger}.stdin.on("error", ${without});`,
    `process.removeAllListeners("warning").on("warning", (warning) => ${log}(${text}(warning)));`,
    'process.on("uncaughtException", (error) => {',
    `${log}(${text}(error));`,
    "process.exit(1);",
    "});",
  ];
}

function idleTimeout({ idleSeconds, inetd }: SampleServerOptions, inherited: string): string | undefined {
  const seconds = idleSeconds ?? (inetd === true ? INETD_IDLE_SECONDS : Infinity);
  if (seconds === Infinity) return undefined;
  const ms = seconds === 0 ? "0" : `${seconds} * 1000`;
  return inetd === true ? `${inherited} === undefined ? Infinity : ${ms}` : ms;
}

function listening({ transports, inetd }: SampleServerOptions, inherited: string): string[] {
  const differing = (Object.keys(DEFAULTS) as SampleTransport[])
    .filter((netid) => transports !== undefined && transports.includes(netid) !== DEFAULTS[netid])
    .map((netid) => `${netid}: ${!DEFAULTS[netid]}`);
  const options = differing.length === 0 ? "" : `{ ${differing.join(", ")} }`;
  const listen = [
    `for (const { netid, address } of await server.listen(${options})) {`,
    "console.log(`listening on ${netid} ${address}`);",
    "}",
  ];
  if (inetd !== true) return listen;
  return [`if (${inherited} !== undefined) {`, `await server.listenOn(${inherited});`, "} else {", ...listen, "}"];
}

/** `tsrpcinfo -t`, `-u`, `-T` and `-a`: calls procedure 0 of a service, and says which versions answer. */
import type { RpcAddress } from "../../../runtime/address.ts";
import { RpcError } from "../../../runtime/index.ts";
import type { RpcConnection } from "../../../runtime/connection.ts";
import { openConnection } from "../../../runtime/open-connection.ts";
import type { ServiceId } from "../../../runtime/rpcbind/rpcbind-types.ts";
import { callErrorText, createErrorText, isUnsent } from "./error-text.ts";
import { Failure, UsageFailure } from "./failure.ts";
import { nullProcedure } from "./null-call.ts";
import { parseProgram, parseVersion } from "./numbers.ts";
import type { Form, Request } from "./request.ts";
import { type RoundTrips, describeRoundTrips, measure } from "./round-trips.ts";
import { atAddress, atHost, overTransport } from "./target.ts";

/** Milliseconds until a call counts as unanswered (rpcinfo's). */
const CALL_TIMEOUT_MS = 10_000;

/** Versions that no program has, one of which is asked for so that the server names those that it has. */
const LOWEST_VERSION = 0;
const HIGHEST_VERSION = 0xffff_ffff;

/** What is known of one version. */
interface VersionReport {
  readonly version: number;
  readonly available: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly roundTrips?: RoundTrips;
}

/** Finds the address of a service. */
type Find = (service: ServiceId) => Promise<RpcAddress>;

/** `-t host prognum [versnum]` */
export const tcpPing: Form = (request) => hostPing(request, "tcp");

/** `-u host prognum [versnum]` */
export const udpPing: Form = (request) => hostPing(request, "udp");

async function hostPing(request: Request, transport: "tcp" | "udp"): Promise<number> {
  const [host, ...service] = request.operands;
  if (host === undefined) throw new UsageFailure();
  return ping(request, host, service, (id) => atHost(host, transport, request.port, id));
}

/** `-T netid host prognum [versnum]` */
export const transportPing: Form = async (request) => {
  const { netid } = request;
  const [host, ...service] = request.operands;
  if (netid === undefined || host === undefined) throw new UsageFailure();
  return ping(request, "tsrpcinfo", service, (id) => overTransport(netid, host, id));
};

/** `-a serv_address -T netid prognum [versnum]` */
export const addressPing: Form = async (request) => {
  const { netid, address, operands } = request;
  if (netid === undefined || address === undefined) throw new UsageFailure();
  return ping(request, "tsrpcinfo", operands, () => Promise.resolve(atAddress(netid, address)));
};

/** @param whose - In front of why there is no connection: the host, or the command. */
async function ping(request: Request, whose: string, service: readonly string[], find: Find): Promise<number> {
  const { names, output, pings } = request;
  const [programText, versionText, ...more] = service;
  if (programText === undefined || more.length > 0) throw new UsageFailure();
  const program = parseProgram(programText, names);
  const version = versionText === undefined ? undefined : parseVersion(versionText);
  const address = await located(whose, () => find({ program, version: version ?? LOWEST_VERSION }));
  const reports: VersionReport[] = [];
  for await (const report of reportsOn(whose, address, program, version, pings)) {
    const { version: of, available, error, roundTrips } = report;
    reports.push(report);
    if (error !== undefined) output.error(`tsrpcinfo: ${error.message}`);
    output.line(`program ${program} version ${of} ${available ? "ready and waiting" : "is not available"}`);
    if (roundTrips !== undefined) output.line(`program ${program} version ${of}: ${describeRoundTrips(roundTrips)}`);
  }
  const { netid, uaddr } = address;
  output.document({ program, service: names.nameOf(program) ?? null, netid, address: uaddr, versions: reports });
  return reports.every(({ available }) => available) ? 0 : 1;
}

async function located(whose: string, find: () => Promise<RpcAddress>): Promise<RpcAddress> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${whose}: ${createErrorText(error)}`);
  }
}

async function* reportsOn(
  whose: string,
  address: RpcAddress,
  program: number,
  version: number | undefined,
  pings: number,
): AsyncGenerator<VersionReport> {
  let connection: RpcConnection;
  try {
    connection = await openConnection(address);
  } catch (error) {
    if (!isUnsent(error)) throw new Failure(`${whose}: ${createErrorText(error)}`);
    yield reportOf(version ?? LOWEST_VERSION, error);
    return;
  }
  try {
    for await (const { version: of, error } of versionsOf(connection, program, version)) {
      const report = reportOf(of, error);
      if (error !== undefined || pings === 0) yield report;
      else yield { ...report, roundTrips: await measure(pings, () => call(connection, program, of)) };
    }
  } finally {
    await connection.close();
  }
}

/** The version that is asked for, or each that the server has, with the error of a call to it. */
async function* versionsOf(
  connection: RpcConnection,
  program: number,
  wanted: number | undefined,
): AsyncGenerator<{ readonly version: number; readonly error: RpcError | undefined }> {
  if (wanted !== undefined) {
    yield { version: wanted, error: await failureOf(connection, program, wanted) };
    return;
  }
  let version = LOWEST_VERSION;
  let error = await failureOf(connection, program, version);
  if (error === undefined) {
    version = HIGHEST_VERSION;
    error = await failureOf(connection, program, version);
  }
  // A server that has the lowest and the highest has all there are.
  let range = { low: LOWEST_VERSION, high: HIGHEST_VERSION };
  if (error !== undefined) {
    if (error.code !== "RPC_PROGVERSMISMATCH") {
      yield { version, error };
      return;
    }
    range = { low: error.low ?? 0, high: error.high ?? 0 };
  }
  for (let each = range.low; each <= range.high; each++) {
    yield { version: each, error: await failureOf(connection, program, each) };
  }
}

async function failureOf(connection: RpcConnection, program: number, version: number): Promise<RpcError | undefined> {
  try {
    await call(connection, program, version);
    return undefined;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return error;
  }
}

function call(connection: RpcConnection, program: number, version: number): Promise<void> {
  return connection.call(nullProcedure(program, version), undefined, { timeoutMs: CALL_TIMEOUT_MS });
}

function reportOf(version: number, error: RpcError | undefined): VersionReport {
  if (error === undefined) return { version, available: true };
  return { version, available: false, error: { code: error.code, message: callErrorText(error) } };
}

/** Where the UNIX sockets of local services lie, and how a dead server's socket is told from a live one's. */
import { chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { RpcAddress } from "./address.ts";
import { isClusterWorker } from "./cluster.ts";
import { RpcError, reason, systemCode } from "./error.ts";
import { MAX_SOCKET_PATH_BYTES } from "./limits.ts";

let served = 0;

/**
 * A path for a new socket in this user's folder, which is made where it is missing. The name tells the process, so
 * that what dead processes left is removed on the way. The workers of a cluster have the same: the socket is their primary's.
 */
export async function newSocketPath(program: number): Promise<string> {
  const folder = socketFolder();
  await removeStale(folder);
  const owner = isClusterWorker() ? process.ppid : process.pid;
  return join(folder, `0x${program.toString(16)}-${owner}-${++served}.sock`);
}

/** Throws where the path is too long for a socket, or where a live server listens; removes a dead one's socket. */
export async function claimSocketPath(path: string): Promise<void> {
  checkSocketPath(path);
  if (await freeSocketPath(path)) return;
  throw new RpcError("RPC_CANTLISTEN", "a server listens there already", { peer: RpcAddress.local(path) });
}

/** Throws where the path is too long for a socket. */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return;
  throw new RpcError("RPC_CANTLISTEN", `the path is longer than a socket's can be, ${MAX_SOCKET_PATH_BYTES} bytes`, {
    peer: RpcAddress.local(path),
  });
}

/** Removes a dead server's socket. False where a live one listens; throws where there is something else. */
export async function freeSocketPath(path: string): Promise<boolean> {
  await removeAside(path);
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (found === undefined) return true;
  if (!found.isSocket()) {
    throw new RpcError("RPC_CANTLISTEN", "there is something that is not a socket", { peer: RpcAddress.local(path) });
  }
  if (!(await isStale(path))) return false;
  // Another process may have found the same, and have made its own socket since: that one is put back.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return true;
    throw new RpcError("RPC_CANTLISTEN", `a dead server's socket can't be removed: ${reason(error)}`, { cause: error });
  }
  const moved = lstatSync(aside, { bigint: true });
  const isOurs = moved.ino === found.ino && moved.birthtimeNs === found.birthtimeNs;
  if (!isOurs) linkSync(aside, path);
  unlinkSync(aside);
  return isOurs;
}

/** Removes what servers had moved aside that died before they could remove it. */
async function removeAside(path: string): Promise<void> {
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return; // what is made there fails, and says why
  }
  for (const name of names) {
    const pid = name.startsWith(`${basename(path)}.`) ? /\.(\d{1,10})$/.exec(name)?.[1] : undefined;
    const aside = `${path}.${pid ?? ""}`;
    if (pid === undefined || basename(aside) !== name || isAlive(Number(pid))) continue;
    const isSocket = lstatSync(aside, { throwIfNoEntry: false })?.isSocket() === true;
    if (isSocket && (await isStale(aside))) rmSync(aside, { force: true });
  }
}

function socketFolder(): string {
  const runtimeDir = process.env.XDG_RUNTIME_DIR;
  const uid = process.getuid?.() ?? 0;
  const folder = runtimeDir ? join(runtimeDir, "tsrpcgen") : join("/tmp", `tsrpcgen-${uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new RpcError("RPC_CANTLISTEN", `no folder for local sockets: ${reason(cause)}`, { cause });
  }
  // In /tmp anyone could have made it first, and would then own every path in it.
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid) {
    throw new RpcError("RPC_CANTLISTEN", `${folder} is not a folder of this user's: someone else made it`);
  }
  if ((stat.mode & 0o022) !== 0) chmodSync(folder, 0o755);
  return folder;
}

async function removeStale(folder: string): Promise<void> {
  for (const name of readdirSync(folder)) {
    const pid = /-(\d+)-\d+\.sock$/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    if (await isStale(path)) rmSync(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** Nobody listens at a socket that refuses connections. */
function isStale(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error) => {
      resolve(systemCode(error) === "ECONNREFUSED");
    });
  });
}

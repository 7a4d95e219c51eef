/** Servers and clients of Debian's packages that use a portmapper, in the tests' own namespaces. All take the machine's root. */
import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { type PortmapEntry, RpcbindClient } from "tsrpcgen/portmapper";
import { run } from "./namespace.ts";
import { Running } from "./process.ts";

/** Where rpc.statd, rpc.mountd and exportfs keep what they know; C's programs know no other place. */
const NFS_STATE = "/var/lib/nfs";
const EXPORTS = "/etc/exports";

/** What the tests export, and a file in it. */
export const EXPORTED = "/run/exported";
export const FILE = { name: "from-the-server.txt", text: "read through the portmapper\n" };

/** Makes the folder that is exported, and an empty place for the state of NFS's daemons, which goes with {@link restoreNfs}. */
export async function prepareNfs(): Promise<void> {
  await mkdir(EXPORTED, { recursive: true });
  await writeFile(`${EXPORTED}/${FILE.name}`, FILE.text);
  await run("mount", ["-t", "tmpfs", "tmpfs", NFS_STATE]);
  for (const folder of ["sm", "sm.bak"]) await mkdir(`${NFS_STATE}/${folder}`);
  for (const file of ["etab", "rmtab"]) await writeFile(`${NFS_STATE}/${file}`, "");
}

export async function restoreNfs(): Promise<void> {
  await run("umount", [NFS_STATE]);
}

/** rpc.statd, the status monitor. It becomes whoever owns its folder, so that its entries belong to another user than root. */
export async function statd(): Promise<Running> {
  await run("chown", ["-R", "statd", NFS_STATE]);
  return registered(new Running("/usr/sbin/rpc.statd", ["--no-notify", "--foreground"]), 100_024, 1, 6);
}

/**
 * Asks the status monitor of this host, as one that was restarted does: by GETPORT over udp, then SM_NOTIFY.
 * @returns its log
 */
export async function notifyStatd(): Promise<string> {
  // What rpc.statd writes of a host that it monitors: its address, whom to tell, a cookie, its name and ours.
  const record = `0100007f 000186b5 00000003 00000010 ${"00".repeat(16)} 127.0.0.1 localhost\n`;
  await writeFile(`${NFS_STATE}/sm/127.0.0.1`, record);
  const { stderr } = await run("/usr/sbin/sm-notify", ["-d", "-f", "-m", "1"], { timeout: 10_000 });
  return stderr;
}

/**
 * rpc.mountd, which answers where its kernel has no nfsd, too: what is exported, but without nfsd's file handles nothing
 * can be mounted (MNT3ERR_ACCES, with the real rpcbind as with ours).
 */
export async function mountd(): Promise<Running> {
  await writeFile("/run/exports", `${EXPORTED} *(ro,fsid=1,no_subtree_check,insecure)\n`);
  await run("mount", ["--bind", "/run/exports", EXPORTS]);
  try {
    await run("/usr/sbin/exportfs", ["-a"]);
  } finally {
    await run("umount", [EXPORTS]);
  }
  return registered(new Running("/usr/sbin/rpc.mountd", ["--foreground"]), 100_005, 3, 6);
}

/**
 * nfs-ganesha, a server of NFS that needs nothing of the kernel, with its mount, lock and quota services. It looks for a status
 * monitor at its start.
 * @param log gets its lines until it has started
 */
export async function ganesha(log: string[] = []): Promise<Running> {
  await mkdir("/run/ganesha", { recursive: true });
  await writeFile(
    "/run/ganesha.conf",
    // Its own choice for quotas, 875, is one of those that clients take who bind a reserved port.
    `NFS_CORE_PARAM { Protocols = 3; mount_path_pseudo = false; Rquota_Port = 4875; }
     NFSV4 { Graceless = true; RecoveryRoot = /run/ganesha; }
     EXPORT {
       Export_Id = 1; Path = ${EXPORTED}; Pseudo = /exported; Protocols = 3; Transports = UDP, TCP;
       Access_Type = RO; Squash = None; SecType = sys; FSAL { Name = VFS; }
     }`,
  );
  const files = ["-f", "/run/ganesha.conf", "-p", "/run/ganesha.pid"];
  const running = new Running("/usr/bin/ganesha.nfsd", ["-F", "-L", "STDOUT", "-N", "NIV_EVENT", ...files]);
  try {
    await running.line((line) => {
      log.push(line);
      return line.includes("NFS SERVER INITIALIZED");
    });
  } catch (cause) {
    const { exitCode, signalCode } = running.child;
    throw new Error(`nfs-ganesha ended (${String(signalCode ?? exitCode)}):\n${log.slice(-20).join("\n")}`, { cause });
  }
  return running;
}

/** rpc.rstatd, which always goes behind: in a namespace of processes it ends with what has started it. */
export async function rstatd(): Promise<Running> {
  const script = "/usr/sbin/rpc.rstatd && exec sleep infinity";
  return registered(new Running("unshare", ["--pid", "--fork", "--kill-child", "sh", "-c", script]), 100_001, 1, 17);
}

/**
 * Waits until a server has registered, which it does not tell by itself.
 * @param protocol 6 (tcp) or 17 (udp), of the last entry that it makes
 */
export async function registered(
  server: Running,
  program: number,
  version: number,
  protocol: number,
): Promise<Running> {
  await using portmapper = await RpcbindClient.connect();
  const end = Date.now() + 10_000;
  const isThere = (entry: PortmapEntry): boolean =>
    entry.program === program && entry.version === version && entry.protocol === protocol;
  while (!(await portmapper.v2.dump()).some(isThere)) {
    if (server.child.exitCode !== null || Date.now() > end) {
      await server.end("SIGKILL");
      throw new Error(`${server.child.spawnfile} has registered no ${program}: ${server.stderr}`);
    }
    await setTimeout(5);
  }
  return server;
}

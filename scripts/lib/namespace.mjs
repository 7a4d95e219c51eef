// Network and mount namespaces for the tests with C peers, which know only port 111 and /run/rpcbind.sock (libtirpc).
import { onPath, run } from "./process.mjs";

const prepare = `ip link set lo up && mount -t tmpfs tmpfs /run && exec "$@"`;

/**
 * How to run a program in namespaces of its own: with its own loopback, and an empty /run.
 * As root without a user namespace: in one, the real rpcbind ends at once, and there is no second uid.
 * @returns {Promise<{ kind: "root" | "user", command: string[] } | { reason: string }>}
 */
export async function findNamespace() {
  for (const program of ["unshare", "ip", "mount"])
    if (!onPath(program)) return { reason: `there is no ${program} on the PATH` };
  const kind = process.getuid?.() === 0 ? "root" : "user";
  const flags = kind === "root" ? "-nm" : "-Urnm";
  const command = ["unshare", flags, "sh", "-c", prepare, "sh"];
  const { code, output } = await run(command[0], [...command.slice(1), "true"], { capture: true });
  return code === 0 ? { kind, command } : { reason: `unshare ${flags}: ${output.trim()}` };
}

/**
 * Serves what systemd, or a test in its place, passes, until its stdin ends. Arguments: names to take alone. RUN answers
 * with the process id.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { RpcError, RpcServer, inheritedSockets } from "../../src/runtime/index.ts";
import { testService } from "./support.ts";

/** How many sockets, and variables of systemd's, a child has. */
function inChild(): string[] {
  const script = 'ls -l /proc/self/fd 2>/dev/null | grep -c "socket:"; env | grep -c "^LISTEN_"';
  const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return stdout.trim().split("\n");
}

const names = process.argv.slice(2);
try {
  const sockets = inheritedSockets(names.length === 0 ? undefined : names);
  await using server = new RpcServer().add(testService(() => process.pid));
  const bound = [];
  for (const socket of sockets) bound.push(await server.listenOn(socket));
  console.log(JSON.stringify({ sockets, bound, again: inheritedSockets(), child: inChild(), pid: process.pid }));
  await once(process.stdin.resume(), "end");
} catch (error) {
  if (!(error instanceof RpcError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}

/** tsrpcgen/ipc and the addon: whatever they are called with, and whatever happens meanwhile, they throw, and no more. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findAddon } from "../../../src/ipc/addon.ts";
import {
  IPC_PRIVATE,
  PosixMessageQueue,
  SysvMessageQueue,
  SysvSemaphoreSet,
  SysvSharedMemory,
} from "../../../src/ipc/index.ts";
import type { FuzzTarget } from "../harness.ts";
import type { Order } from "../ipc/child.ts";
import { NAMES } from "../ipc/native-calls.ts";

/** Of one process. */
const CALLS = 3000;
const LIMIT_MS = 20_000;
const child = fileURLToPath(new URL("../ipc/child.js", import.meta.url));

const target: FuzzTarget = {
  name: "ipc",
  about: "the kernel's IPC throws, and no more, whatever it is called with",
  async run(context) {
    const supported = process.platform === "linux" && typeof findAddon() === "object";
    for (let random = context.next(); random !== undefined && supported; random = context.next()) {
      const seed = random.uint32();
      await context.attempt(Uint8Array.of(seed, seed >>> 8, seed >>> 16, seed >>> 24), {
        check: (input) => tryCalls(Buffer.from(Uint8Array.from({ length: 4 }, (_, i) => input[i] ?? 0)).readUInt32LE()),
        limitMs: LIMIT_MS,
      });
    }
  },
};
export default target;

/** A process makes the calls, on objects that are removed here, however it ends. */
async function tryCalls(seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fuzz-ipc-"));
  const name = `/tsrpcgen-fuzz-${String(process.pid)}-${String(seed)}`;
  const queue = SysvMessageQueue.open(IPC_PRIVATE);
  const semaphores = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 3 });
  const segment = SysvSharedMemory.open(IPC_PRIVATE, { size: 8192 });
  try {
    const ids = { queueId: queue.id, semaphoreId: semaphores.id, memoryId: segment.id };
    const { end, stdout, stderr } = await run({ seed, calls: CALLS, folder, name, ...ids });
    const last = stdout.trimEnd().split("\n").slice(-5);
    assert(
      end === 0 && last.at(-1) === "done",
      `ended with ${String(end)} after ${last.join(", ")}\n${stderr.slice(0, 4000)}`,
    );
  } finally {
    for (const object of [queue, semaphores, segment]) object.remove();
    rmSync(folder, { recursive: true, force: true });
    for (let i = 0; i < NAMES; i += 1) {
      try {
        PosixMessageQueue.unlink(`${name}-${String(i)}`);
      } catch {
        // Most are none.
      }
    }
    for (const file of readdirSync("/dev/shm"))
      if (file.includes(name.slice(1))) rmSync(`/dev/shm/${file}`, { force: true });
  }
}

async function run(order: Order): Promise<{ end: unknown; stdout: string; stderr: string }> {
  const args = ["--expose-gc", "--enable-source-maps", "--no-warnings", child, JSON.stringify(order)];
  const started = spawn(process.execPath, args, { cwd: order.folder, stdio: ["ignore", "pipe", "pipe"] });
  // One that hangs.
  const limit = setTimeout(() => started.kill("SIGABRT"), LIMIT_MS);
  let stdout = "";
  let stderr = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => (stdout = (stdout + text).slice(-4000)));
  started.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code, signal] = (await once(started, "close")) as [number | null, string | null];
  clearTimeout(limit);
  return { end: signal ?? code, stdout, stderr };
}

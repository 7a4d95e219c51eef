/** What processes can leave in the system beside files: names of shared memory, and System V's. Sets of semaphores tell nothing of who made them. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { listSysv } from "../../../src/ipc/index.ts";
import { until } from "../conformance/case.ts";

function all(): string[] {
  if (process.platform !== "linux") return [];
  return [
    ...readdirSync("/dev/shm").map((name) => `/dev/shm/${name}`),
    ...listSysv().sharedMemory.map(({ id }) => `shared memory ${id}`),
  ];
}

/** Of shared memory whose maker lives, and of names that a process has mapped: other tests' of this host. */
function inUse(): Set<string> {
  const used = new Set<string>();
  for (const { id, creatorPid } of listSysv().sharedMemory)
    if (existsSync(`/proc/${creatorPid}`)) used.add(`shared memory ${id}`);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const [name] of readFileSync(`/proc/${pid}/maps`, "latin1").matchAll(/\/dev\/shm\/\S+/g)) used.add(name);
    } catch {
      // It has ended, or is another user's.
    }
  }
  return used;
}

/** @returns resolves when nothing is left of what there is when that is called, and was not there before, but what others use */
export function watchRemains(): () => Promise<void> {
  const before = new Set(all());
  return async () => {
    const left = all().filter((each) => !before.has(each));
    if (left.length === 0) return;
    await until(() => {
      const now = new Set(all());
      const used = inUse();
      return left.every((each) => !now.has(each) || used.has(each));
    });
  };
}

/** What processes can leave in the system beside files: names of shared memory, System V objects, abstract names of sockets. */
import { readFileSync, readdirSync } from "node:fs";
import { listSysv } from "../../../src/ipc/index.ts";
import { until } from "../conformance/case.ts";

function all(): string[] {
  if (process.platform !== "linux") return [];
  const { sharedMemory, semaphoreSets } = listSysv();
  return [
    ...readdirSync("/dev/shm").map((name) => `/dev/shm/${name}`),
    ...sharedMemory.map(({ id }) => `shared memory ${id}`),
    ...semaphoreSets.map(({ id }) => `semaphores ${id}`),
    ...(readFileSync("/proc/net/unix", "latin1").match(/@tsrpcgen-\S+/g) ?? []),
  ];
}

/** @returns resolves when nothing is left of what there is when that is called, and was not there before */
export function watchRemains(): () => Promise<void> {
  const before = new Set(all());
  return async () => {
    // Other processes of the host have theirs, for a while.
    const left = all().filter((each) => !before.has(each));
    await until(() => {
      const now = new Set(all());
      return left.every((each) => !now.has(each));
    });
  };
}

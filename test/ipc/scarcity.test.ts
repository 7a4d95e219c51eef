import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { IPC_PRIVATE, kill, sigqueue, SysvSharedMemory } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { runModule } from "./descriptors.ts";
import { whyNoSecondUser } from "./second-user.ts";
import { skipFor } from "./skip.ts";

/** Prints how each call fails first, of a thousand. */
const report = `
  const told = [];
  const kept = [];
  globalThis.exhaust = (what, call) => {
    try {
      for (let count = 0; count < 1000; count += 1) kept.push(call(count));
      told.push([what, "never"]);
    } catch (error) {
      told.push([what, error.code]);
    }
  };
  process.on("exit", () => console.log(JSON.stringify(told)));`;

/** Where what the kernel gives comes to its end: in processes of their own, with small limits. */
describe("tsrpcgen/ipc: scarcity", function () {
  this.timeout(20_000);

  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "limits are Linux's"));
  });

  async function exhausted(source: string, shell: string): Promise<unknown> {
    return JSON.parse(await runModule(`${report}\n${source}`, { shell }));
  }

  it("descriptors: EMFILE by whatever makes one, and none is lost", async () => {
    const source = `
      const count = () => readdirSync("/proc/self/fd").length;
      const close = () => { for (const each of kept.splice(0).flat()) (each.reader ? [each.reader, each.writer] : [each]).forEach((one) => one.close()); };
      const kinds = {
        eventfd: () => ipc.EventFd.create(),
        memfd: () => ipc.Memfd.create("scarce"),
        pipe: () => ipc.pipe(),
        socketpair: () => ipc.socketpair(),
        udp: () => ipc.UdpSocket.bind({ address: "127.0.0.1" }),
        process: () => ipc.ProcessHandle.open(process.pid),
        "shared memory": () => ipc.PosixSharedMemory.open("/tsrpcgen-scarce-" + process.pid, { create: true }),
        datagram: () => ipc.UnixDatagramSocket.open(),
      };
      // What is loaded and opened once.
      for (const make of Object.values(kinds)) kept.push(make());
      close();
      const before = count();
      for (const [what, make] of Object.entries(kinds)) {
        exhaust(what, make);
        close();
      }
      ipc.PosixSharedMemory.unlink("/tsrpcgen-scarce-" + process.pid);
      told.push(count() - before);`;
    const kinds = ["eventfd", "memfd", "pipe", "socketpair", "udp", "process", "shared memory", "datagram"];
    assert.deepEqual(await exhausted(source, "ulimit -n 64"), [...kinds.map((kind) => [kind, "EMFILE"]), 0]);
  });

  it("bytes in POSIX queues: EMFILE", async () => {
    const source = `
      const name = (count) => "/tsrpcgen-scarce-" + process.pid + "-" + count;
      exhaust("queue", (count) => ipc.PosixMessageQueue.open(name(count), { create: true }) && ipc.PosixMessageQueue.unlink(name(count)));`;
    assert.deepEqual(await exhausted(source, "prlimit --pid $$ --msgqueue=200000"), [["queue", "EMFILE"]]);
  });

  it("signals that are queued: EAGAIN", async () => {
    const child = spawn("prlimit", ["--sigpending=2", "sh", "-c", "echo ready; read line"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      const { pid } = child;
      assert(pid !== undefined);
      kill(pid, "SIGSTOP");
      assert.throws(
        () => {
          for (let value = 0; value < 10; value += 1) sigqueue(pid, "SIGRTMIN+1", value);
        },
        { code: "EAGAIN", syscall: "sigqueue" },
      );
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  it("descriptors on their way: ETOOMANYREFS", async function () {
    skipFor(this, whyNoSecondUser());
    const source = `
      const [a, b] = ipc.socketpair({ type: "seqpacket" });
      process.seteuid(65534);
      exhaust("sent", () => a.trySend(new Uint8Array(1), { descriptors: Array(50).fill(0) }));
      process.seteuid(0);`;
    assert.deepEqual(await exhausted(source, "ulimit -n 64"), [["sent", "ETOOMANYREFS"]]);
  });

  it("address space: ENOMEM, and more than there can be of memory", async function () {
    const attach = `
      import { execFileSync } from "node:child_process";
      import { readFileSync } from "node:fs";
      const memory = ipc.SysvSharedMemory.open(ipc.IPC_PRIVATE, { size: 2 ** 30 });
      const memfd = ipc.Memfd.create("scarce", { size: 2 ** 30 });
      const used = 1024 * Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]);
      execFileSync("prlimit", ["--pid", String(process.pid), "--as=" + (used + 2 ** 29)]);
      exhaust("attach", () => memory.attach());
      exhaust("map", () => memfd.map());
      memory.remove();`;
    assert.deepEqual(await exhausted(attach, "true"), [
      ["attach", "ENOMEM"],
      ["map", "ENOMEM"],
    ]);
    // At 1 the kernel promises whatever it is asked for.
    if (readFileSync("/proc/sys/vm/overcommit_memory", "latin1").trim() === "1") this.skip();
    const expected = { code: "ENOMEM", syscall: "shmget" };
    assert.throws(() => SysvSharedMemory.open(IPC_PRIVATE, { size: 2 ** 45 }), expected);
  });

  it("objects of an IPC namespace, and routes of a network: ENOSPC, ENETUNREACH", async function () {
    // Namespaces of its own, so that nobody else goes short.
    skipFor(this, whyNoSecondUser());
    const limits = [
      "echo 1 > /proc/sys/kernel/msgmni",
      "echo 1 > /proc/sys/kernel/shmmni",
      "echo 250 32000 32 1 > /proc/sys/kernel/sem",
      "echo 1 > /proc/sys/fs/mqueue/queues_max",
    ];
    const source = `
      exhaust("queues", () => ipc.SysvMessageQueue.open(ipc.IPC_PRIVATE));
      exhaust("semaphores", () => ipc.SysvSemaphoreSet.open(ipc.IPC_PRIVATE, { count: 1 }));
      exhaust("memory", () => ipc.SysvSharedMemory.open(ipc.IPC_PRIVATE, { size: 1 }));
      process.seteuid(65534);
      exhaust("POSIX queues", (count) => ipc.PosixMessageQueue.open("/scarce-" + count, { create: true, maxMessages: 1, maxMessageBytes: 1 }));
      process.seteuid(0);
      const socket = ipc.UdpSocket.bind();
      exhaust("route", () => socket.trySend(new Uint8Array(1), { address: "192.0.2.1", port: 9 }));`;
    // The shell goes on as the process in the namespaces.
    const shell = `set -- unshare --ipc --net sh -c '${limits.join("; ")}; exec "$@"' sh "$@"`;
    assert.deepEqual(await exhausted(source, shell), [
      ["queues", "ENOSPC"],
      ["semaphores", "ENOSPC"],
      ["memory", "ENOSPC"],
      ["POSIX queues", "ENOSPC"],
      ["route", "ENETUNREACH"],
    ]);
  });
});

/** A script that uses every primitive once, and says what it has seen: for each Node that the addon is to run on. */
export const allPrimitives: string = `
  import { spawnSync } from "node:child_process";
  import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
  import { tmpdir } from "node:os";
  import { join } from "node:path";
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-all-"));
  const name = "/tsrpcgen-all-" + process.pid;
  const bytes = Uint8Array.of(1, 2, 3);
  const seen = [];
  const see = (what, got) => { seen.push(what + " " + JSON.stringify(got instanceof Uint8Array ? [...got] : got)); };
  const within = { timeoutMs: 10_000 };

  const { reader, writer } = ipc.pipe();
  const read = reader.read(within);
  await writer.write(bytes);
  see("pipe", await read);
  ipc.mkfifo(join(folder, "fifo"));
  const [fifoReader, fifoWriter] = await Promise.all([
    ipc.fifo.openReader(join(folder, "fifo"), within), ipc.fifo.openWriter(join(folder, "fifo"), within)]);
  fifoWriter.writeSync(bytes, within);
  see("fifo", fifoReader.readSync(within));

  for (const type of ["stream", "seqpacket", "datagram"]) {
    const [a, b] = ipc.socketpair({ type });
    await a.send(bytes, { descriptors: [writer] });
    const message = await b.receive(within);
    see(type, [[...message.bytes], message.descriptors.length]);
    for (const one of [a, b, ...message.descriptors]) one.close();
  }
  const server = ipc.UnixStreamServer.listen(join(folder, "socket"));
  const accepted = server.accept(within);
  const client = await ipc.UnixStreamSocket.connect(join(folder, "socket"), within);
  see("credentials", ipc.peerCredentials(client).uid === process.getuid());
  (await accepted).close();
  client.close();
  server.close();
  const udp = ipc.UdpSocket.bind({ address: "127.0.0.1" });
  await udp.sendMany([{ bytes, to: udp.address }], within);
  see("udp", (await udp.receive(within)).bytes);

  const counter = ipc.EventFd.create({ initial: 2 });
  see("eventfd", String(await counter.take(within)));
  const memfd = ipc.Memfd.create("all", { size: ipc.Ring.bytesFor(4096) });
  const mapping = memfd.map();
  const word = new Int32Array(mapping.buffer, 0, 1);
  const woken = ipc.futexWait(mapping, 0, 0, within);
  while (ipc.futexWake(mapping, 0) === 0) await new Promise(setImmediate);
  see("futex", [await woken, word[0]]);
  ipc.Ring.format(mapping);
  const ring = ipc.Ring.open(mapping);
  const popped = ring.pop(within);
  await ring.push(bytes);
  see("ring", await popped);
  ring.close();
  writeFileSync(join(folder, "file"), bytes);
  const file = ipc.mapFile(join(folder, "file"));
  file.bytes[0] = 9;
  await file.sync();
  see("file", file.bytes);
  file.close();
  const memory = ipc.PosixSharedMemory.open(name, { create: true, size: 4096 });
  see("shared memory", memory.map().bytes.length);
  ipc.PosixSharedMemory.unlink(name);
  const mq = ipc.PosixMessageQueue.open(name, { create: true, maxMessages: 2, maxMessageBytes: 16 });
  ipc.PosixMessageQueue.unlink(name);
  const received = mq.receive(within);
  mq.trySend(bytes, { priority: 3 });
  see("message queue", [(await received).priority]);
  const semaphore = ipc.PosixSemaphore.open(name, { create: true });
  ipc.PosixSemaphore.unlink(name);
  const waited = semaphore.wait(within);
  semaphore.post();
  await waited;
  see("semaphore", semaphore.value);

  const queue = ipc.SysvMessageQueue.open(ipc.IPC_PRIVATE);
  const set = ipc.SysvSemaphoreSet.open(ipc.IPC_PRIVATE, { count: 2 });
  const segment = ipc.SysvSharedMemory.open(ipc.IPC_PRIVATE, { size: 4096 });
  try {
    const message = queue.receive({ type: -3, ...within });
    queue.trySend(2, bytes);
    see("sysv queue", (await message).type);
    const lowered = set.op([{ index: 0, by: -1 }, { index: 1, by: 0 }], within);
    set.tryOp([{ index: 0, by: 1 }]);
    await lowered;
    see("sysv semaphores", set.values());
    const attached = segment.attach();
    attached.bytes[5] = 5;
    see("sysv memory", segment.attach({ readOnly: true }).bytes[5]);
  } finally {
    for (const object of [queue, set, segment]) object.remove();
  }
  see("list", Object.keys(ipc.listSysv()).length);
  see("ftok", ipc.ftok(folder, 1) !== ipc.ftok(folder, 2));

  const receiver = ipc.SignalReceiver.open(["SIGRTMIN+6"]);
  ipc.sigqueue(process.pid, "SIGRTMIN+6", 77);
  see("signal", (await receiver.receive(within)).value);
  receiver.close();
  const self = ipc.ProcessHandle.open(process.pid);
  see("process", [self.tryExited(), ipc.isAlive(process.pid)]);
  rmSync(folder, { recursive: true });
  console.log(seen.join("\\n"));
  process.exit(0);
`;

import assert from "node:assert/strict";
import { IPC_PRIVATE, SysvMessageQueue, type SysvMessage, type SysvReceiveOptions } from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { asSecondUser, secondUser, whyNoSecondUser } from "./second-user.ts";
import { skipFor, skipWithoutAddonAndPeer } from "./skip.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const show = ({ type, bytes }: SysvMessage): string => `${String(type)} ${new TextDecoder().decode(bytes)}`;

describe("SysvMessageQueue", () => {
  let queue: SysvMessageQueue;

  before(skipWithoutAddonAndPeer);

  beforeEach(() => {
    queue = SysvMessageQueue.open(IPC_PRIVATE);
  });

  afterEach(() => {
    try {
      queue.remove();
    } catch {
      // The test has removed it.
    }
  });

  const startPeer = (uid?: number): Promise<CPeer> =>
    CPeer.start("sysv_message_queue", [queue.id], uid === undefined ? {} : { uid });

  it("sends, in its three forms, what msgrcv takes: type and bytes", async () => {
    await using peer = await startPeer();
    assert.equal(queue.trySend(1, bytes("tried")), true);
    await queue.send(2, bytes("sent"));
    queue.sendSync(2 ** 40, bytes("in sync"));
    queue.sendSync(4, bytes(""));
    assert.equal(await peer.ask("receive n 0 100"), "1 tried");
    assert.equal(await peer.ask("receive n 0 100"), "2 sent");
    assert.equal(await peer.ask("receive n 0 100"), "1099511627776 in sync");
    assert.equal(await peer.ask("receive n 0 0"), "4 ");
    assert.equal(await peer.ask("receive n 0 100"), "ENOMSG");
  });

  it("receives, in its three forms, what msgsnd sends, whether it is there or comes later", async () => {
    await using peer = await startPeer();
    for (const text of ["7 one", "8 two", "9 three"]) await peer.ask(`send n ${text}`);
    assert.equal(show(queue.tryReceive() ?? assert.fail()), "7 one");
    assert.equal(show(await queue.receive()), "8 two");
    assert.equal(show(queue.receiveSync()), "9 three");
    assert.equal(queue.tryReceive(), undefined);
    const received = queue.receive();
    assert.equal(await peer.ask(`blocked RECEIVE ${String(process.pid)} 1 send n 3 later`), "sent");
    assert.equal(show(await received), "3 later");
    peer.say(`blocked RECEIVE ${String(process.pid)} 1 send n 4 `);
    assert.equal(show(queue.receiveSync()), "4 ");
  });

  it("wakes a msgrcv that waits", async () => {
    await using peer = await startPeer();
    peer.say("receive - -3 100");
    queue.sendSync(4, bytes("of another type"));
    queue.sendSync(3, bytes("this"));
    assert.equal(await peer.line(), "3 this");
  });

  describe("takes by type as msgrcv does", () => {
    const sent = ["5 a", "3 b", "9 c", "3 d", "2 e", "5 f"];
    const cases: [name: string, options: SysvReceiveOptions, peer: string, taken: string][] = [
      ["0: the first", { type: 0 }, "receive n 0 10", "5 a,3 b,9 c,3 d,2 e,5 f"],
      ["> 0: the first of this type", { type: 3 }, "receive n 3 10", "3 b,3 d"],
      ["< 0: the lowest type up to it first", { type: -4 }, "receive n -4 10", "2 e,3 b,3 d"],
      ["except: the first of another type", { type: 3, except: true }, "receive ne 3 10", "5 a,9 c,2 e,5 f"],
      ["except with 0: any", { type: 0, except: true }, "receive ne 0 10", "5 a,3 b,9 c,3 d,2 e,5 f"],
      ["except with < 0: as without", { type: -4, except: true }, "receive ne -4 10", "2 e,3 b,3 d"],
    ];
    for (const [name, options, command, taken] of cases) {
      it(name, async () => {
        await using peer = await startPeer();
        for (const message of sent) assert.equal(await peer.ask(`send n ${message}`), "sent");
        const theirs: string[] = [];
        for (let line = await peer.ask(command); line !== "ENOMSG"; line = await peer.ask(command)) theirs.push(line);
        assert.equal(theirs.join(), taken);
        while (queue.tryReceive() !== undefined);
        for (const message of sent) assert.equal(await peer.ask(`send n ${message}`), "sent");
        const ours: string[] = [];
        for (let got = queue.tryReceive(options); got !== undefined; got = queue.tryReceive(options)) {
          ours.push(show(got));
        }
        assert.equal(ours.join(), taken);
      });
    }
  });

  it("leaves a message that is too long in the queue (E2BIG), or cuts it", async () => {
    await using peer = await startPeer();
    await peer.ask("send n 1 abcdef");
    const expected = { code: "E2BIG", syscall: "msgrcv" };
    assert.throws(() => queue.tryReceive({ maxBytes: 5 }), expected);
    assert.throws(() => queue.receiveSync({ maxBytes: 5 }), expected);
    await assert.rejects(queue.receive({ maxBytes: 5 }), expected);
    const refused = assert.rejects(queue.receive({ type: 2, maxBytes: 5 }), expected);
    await peer.ask(`blocked RECEIVE ${String(process.pid)} 1 send n 2 abcdef`);
    await refused;
    assert.equal(await peer.ask("receive n 0 5"), "E2BIG");
    assert.equal(await peer.ask("receive nt 2 5"), "2 abcde");
    assert.equal(show(queue.receiveSync({ maxBytes: 5, truncate: true })), "1 abcde");
    assert.equal(queue.stat().messages, 0);
  });

  it("waits in a send until there is room", async () => {
    await using peer = await startPeer();
    queue.set({ maxBytes: 8 });
    queue.sendSync(1, bytes("12345678"));
    assert.equal(queue.trySend(1, bytes("9")), false);
    assert.equal(await peer.ask("send n 1 9"), "EAGAIN");
    const sent = queue.send(2, bytes("later"));
    assert.equal(await peer.ask(`blocked SEND ${String(process.pid)} 1 receive n 0 10`), "1 12345678");
    await sent;
    assert.equal(queue.stat().bytes, 5);
    peer.say(`blocked SEND ${String(process.pid)} 1 receive n 0 10`);
    queue.sendSync(3, bytes("at last"));
    assert.equal(await peer.line(), "2 later");
    assert.equal(await peer.ask("receive n 0 10"), "3 at last");
  });

  it("gives ETIMEDOUT where the time is up, and has neither taken nor sent", async () => {
    const received = { code: "ETIMEDOUT", syscall: "msgrcv" };
    assert.throws(() => queue.receiveSync({ timeoutMs: 1 }), received);
    assert.throws(() => queue.receiveSync({ timeoutMs: 0 }), received);
    await assert.rejects(queue.receive({ timeoutMs: 1 }), received);
    queue.set({ maxBytes: 1 });
    queue.sendSync(1, bytes("x"));
    const sent = { code: "ETIMEDOUT", syscall: "msgsnd" };
    assert.throws(() => {
      queue.sendSync(1, bytes("y"), { timeoutMs: 1 });
    }, sent);
    await assert.rejects(queue.send(1, bytes("y"), { timeoutMs: 1 }), sent);
    assert.equal(show(queue.receiveSync()), "1 x");
    assert.equal(queue.tryReceive(), undefined);
  });

  it("gives EIDRM to who waits when it is removed, and EINVAL afterwards", async () => {
    await using peer = await startPeer();
    queue.set({ maxBytes: 1 });
    queue.sendSync(1, bytes("x"));
    const waits = [queue.receive({ type: 2 }), queue.send(1, bytes("y"))];
    const ends = Promise.allSettled(waits);
    const ours = String(process.pid);
    peer.say(`blocked SEND ${ours} 1 blocked RECEIVE ${ours} 2 remove`);
    // Both kinds of wait hold: the thread's, and this one.
    assert.throws(() => queue.receiveSync({ type: 3 }), { code: "EIDRM", syscall: "msgrcv" });
    assert.equal(await peer.line(), "removed");
    for (const end of await ends)
      assert(end.status === "rejected" && (end.reason as { code: string }).code === "EIDRM");
    assert.throws(() => queue.tryReceive(), { code: "EINVAL", syscall: "msgrcv" });
    assert.throws(() => queue.trySend(1, bytes("")), { code: "EINVAL", syscall: "msgsnd" });
    await assert.rejects(queue.receive(), { code: "EINVAL", syscall: "msgrcv" });
    assert.throws(() => queue.stat(), { code: "EINVAL", syscall: "msgctl" });
    assert.throws(
      () => {
        queue.remove();
      },
      { code: "EINVAL", syscall: "msgctl" },
    );
  });

  it("refuses what is no message and no option", async () => {
    const invalid = { code: "EINVAL", syscall: "msgsnd" };
    assert.throws(() => queue.trySend(0, bytes("")), invalid);
    await assert.rejects(queue.send(-1, bytes("")), invalid);
    assert.throws(() => queue.trySend(1, new Uint8Array(2 ** 24)), invalid);
    assert.throws(() => queue.trySend(1.5, bytes("")), TypeError);
    assert.throws(() => queue.tryReceive({ maxBytes: -1 }), TypeError);
    // More than any memory has.
    assert.throws(() => queue.tryReceive({ maxBytes: Number.MAX_SAFE_INTEGER }), { code: "ENOMEM" });
    queue.sendSync(1, bytes("stays"));
    await assert.rejects(queue.receive({ timeoutMs: -1 }), RangeError);
    assert.throws(() => queue.receiveSync({ timeoutMs: 2 ** 31 }), RangeError);
    assert.equal(queue.stat().messages, 1);
  });

  it("is found by its key, is made or not as it is told", async () => {
    await using peer = await startPeer();
    const key = 0x7500_0000 + process.pid;
    assert.throws(() => SysvMessageQueue.open(key), { code: "ENOENT", syscall: "msgget" });
    const made = SysvMessageQueue.open(key, { create: true, exclusive: true });
    try {
      assert.equal(await peer.ask(`get ${String(key)}`), String(made.id));
      assert.equal(SysvMessageQueue.open(key, { create: true }).id, made.id);
      assert.equal(SysvMessageQueue.open(key).id, made.id);
      assert.throws(() => SysvMessageQueue.open(key, { create: true, exclusive: true }), { code: "EEXIST" });
    } finally {
      made.remove();
    }
    assert.equal(await peer.ask(`get ${String(key)}`), "ENOENT");
  });

  it("tells what IPC_STAT tells, and changes what IPC_SET changes", async () => {
    await using peer = await startPeer();
    await peer.ask("send n 1 abc");
    queue.sendSync(1, bytes("defgh"));
    queue.receiveSync();
    queue.set({ uid: 12, gid: 34, mode: 0o640, maxBytes: 1000 });
    const ours = queue.stat();
    assert.equal(ours.lastSendPid, process.pid);
    assert.equal(ours.lastReceivePid, process.pid);
    const { uid, gid, creatorUid, creatorGid, mode, messages, maxBytes, lastSendPid, lastReceivePid } = ours;
    const owners = [uid, gid, creatorUid, creatorGid, mode.toString(8)];
    const rest = [messages, ours.bytes, maxBytes, lastSendPid, lastReceivePid];
    const times = [ours.lastSend, ours.lastReceive, ours.lastChange];
    assert.equal(await peer.ask("stat"), [...owners, ...rest, ...times].join(" "));
    assert.deepEqual([uid, gid, mode, messages, ours.bytes, maxBytes], [12, 34, 0o640, 1, 5, 1000]);
    queue.set({ mode: 0o600 });
    assert.deepEqual({ ...queue.stat(), lastChange: 0 }, { ...ours, mode: 0o600, lastChange: 0 });
    assert.throws(() => {
      queue.set({ uid: 2 ** 32 + 5 });
    }, RangeError);
    assert.throws(() => {
      queue.set({ mode: 0.5 });
    }, TypeError);
  });

  it("is closed to another user where its mode says so, in C and here", async function () {
    skipFor(this, whyNoSecondUser());
    await using peer = await startPeer(secondUser);
    queue.sendSync(1, bytes("secret"));
    assert.equal(await peer.ask("receive n 0 100"), "EACCES");
    assert.equal(await peer.ask("send n 1 injected"), "EACCES");
    assert.equal(await peer.ask("stat"), "EACCES");
    assert.equal(await peer.ask("remove"), "EPERM");
    asSecondUser(() => {
      assert.throws(() => queue.tryReceive(), { code: "EACCES", syscall: "msgrcv" });
      assert.throws(() => queue.trySend(1, bytes("injected")), { code: "EACCES", syscall: "msgsnd" });
      assert.throws(() => queue.stat(), { code: "EACCES", syscall: "msgctl" });
      assert.throws(
        () => {
          queue.remove();
        },
        { code: "EPERM", syscall: "msgctl" },
      );
    });
    queue.set({ mode: 0o604 });
    assert.equal(await peer.ask("receive n 0 100"), "1 secret");
    assert.equal(await peer.ask("send n 1 injected"), "EACCES");
  });

  it("can't be opened by another user, unless for what the mode grants", function () {
    skipFor(this, whyNoSecondUser());
    const key = 0x7600_0000 + process.pid;
    const made = SysvMessageQueue.open(key, { create: true, exclusive: true, mode: 0o604 });
    try {
      asSecondUser(() => {
        assert.throws(() => SysvMessageQueue.open(key), { code: "EACCES", syscall: "msgget" });
        assert.equal(SysvMessageQueue.open(key, { mode: 0o400 }).id, made.id);
      });
    } finally {
      made.remove();
    }
  });
});

import assert from "node:assert/strict";
import { DATAGRAM_WORDS, UdpBatchSocket, datagramWords } from "../../src/ipc/udp-batch.ts";
import { UdpSocket } from "../../src/ipc/index.ts";
import { CPeer } from "./c-peer.ts";
import { skipUnlessIpc } from "./descriptors.ts";

const PLACE = 64;

describe("UdpBatchSocket", () => {
  let socket: UdpBatchSocket;
  const space = new Uint8Array(8 * PLACE);
  const words = new Uint32Array(8 * DATAGRAM_WORDS);
  const word = (i: number, name: keyof typeof datagramWords): number =>
    words[i * DATAGRAM_WORDS + datagramWords[name]] ?? NaN;
  const receive = (): string[] =>
    Array.from({ length: socket.receiveBatch(space, PLACE, words) }, (_, i) =>
      Buffer.from(space.subarray(i * PLACE, i * PLACE + word(i, "size"))).toString(),
    );
  const senderOf = (i: number): { address: string; port: number } =>
    socket.senderOf(words.subarray(i * DATAGRAM_WORDS, (i + 1) * DATAGRAM_WORDS));

  before(skipUnlessIpc);
  beforeEach(() => {
    socket = UdpBatchSocket.bind();
    words.fill(0);
  });
  afterEach(() => {
    socket.close();
  });

  for (const [family, at] of [
    [4, ["127.0.0.1", "127.0.0.2"]],
    [6, ["::1", "::1"]],
  ] as const) {
    it(`IPv${family}: what C asks, with the way back, from the address that it has asked`, async () => {
      if (family === 6) {
        socket.close();
        socket = UdpBatchSocket.bind({ ipv6: true });
      }
      await using peer = await CPeer.start("udp", [family]);
      const port = Number(await peer.line());
      assert.deepEqual(receive(), []);
      for (const [i, to] of at.entries())
        await peer.ask(`send ${to} ${String(socket.address.port)} question${String(i)}`);
      assert.deepEqual(receive(), ["question0", "question1"]);
      for (const i of [0, 1]) {
        assert.deepEqual([word(i, "family"), word(i, "port"), word(i, "truncated")], [family, port, 0]);
        assert.deepEqual(senderOf(i), { address: at[0], port });
      }
      space.set(Buffer.from("answer1answer2"));
      words[datagramWords.at] = 0;
      words[DATAGRAM_WORDS + datagramWords.at] = 7;
      words[datagramWords.size] = words[DATAGRAM_WORDS + datagramWords.size] = 7;
      assert.equal(socket.sendBatch(space, words, 0, 2), 2);
      assert.equal(await peer.ask("receive"), `<answer1> ${at[0]} ${String(socket.address.port)}`);
      assert.equal(await peer.ask("receive"), `<answer2> ${at[1]} ${String(socket.address.port)}`);
    });
  }

  it("to a group: the answer comes from an address of this machine's, not from the group's", async () => {
    socket.addMembership("239.255.7.9", "127.0.0.1");
    await using peer = await CPeer.start("udp", [4]);
    await peer.line();
    await peer.ask("through 127.0.0.1");
    await peer.ask(`send 239.255.7.9 ${String(socket.address.port)} all`);
    assert.deepEqual(receive(), ["all"]);
    words[datagramWords.at] = 0;
    assert.equal(socket.sendBatch(space, words, 0, 1), 1);
    assert.equal(await peer.ask("receive"), `<all> 127.0.0.1 ${String(socket.address.port)}`);
  });

  it("takes no more than there are places, cuts what is longer than one, and leaves the rest", () => {
    using sender = UdpSocket.bind({ address: "127.0.0.1" });
    const to = { address: "127.0.0.1", port: socket.address.port };
    for (let i = 0; i < 10; i++) sender.sendSync(new Uint8Array(i === 1 ? 100 : i).fill(65), to);
    assert.equal(socket.receiveBatch(space, PLACE, words), 8);
    assert.deepEqual(
      Array.from({ length: 8 }, (_, i) => word(i, "size")),
      [0, PLACE, 2, 3, 4, 5, 6, 7],
    );
    assert.deepEqual(
      Array.from({ length: 3 }, (_, i) => word(i, "truncated")),
      [0, 1, 0],
    );
    assert.equal(socket.receiveBatch(space.subarray(0, PLACE), PLACE, words), 1); // by the space
    assert.equal(socket.receiveBatch(space, PLACE, words), 1);
    assert.equal(socket.receiveBatch(space, PLACE, words), 0);
  });

  it("sends those before one that fails, and tells of it when it is the first", () => {
    using receiver = UdpSocket.bind({ address: "127.0.0.1" });
    socket.connect(receiver.address);
    for (let i = 0; i < 3; i++) words[i * DATAGRAM_WORDS + datagramWords.size] = i === 1 ? 65_508 : 1;
    const large = new Uint8Array(70_000);
    assert.equal(socket.sendBatch(large, words, 0, 3), 1);
    assert.throws(() => socket.sendBatch(large, words, 1, 3), { code: "EMSGSIZE", syscall: "sendmmsg" });
    assert.equal(socket.sendBatch(large, words, 2, 3), 1);
    assert.equal(receiver.tryReceiveMany()?.length, 2);
  });

  it("waits neither in a receive nor in a send on a socket that another process has made to block", async () => {
    await using peer = await CPeer.start("udp", [4], { descriptors: [socket.fd] });
    const port = Number(await peer.line());
    assert.deepEqual(receive(), []);
    assert.equal(await peer.ask("block"), "0");
    assert.deepEqual(receive(), []);
    assert.equal(await peer.ask(`send 127.0.0.1 ${String(socket.address.port)} one`), "3");
    assert.deepEqual(receive(), ["one"]);
    assert.equal(word(0, "port"), port);
  });

  it("finds the address behind what else the socket's maker wants to know of each datagram", async () => {
    await using peer = await CPeer.start("udp", [4], { descriptors: [socket.fd] });
    await peer.line();
    assert.equal(await peer.ask("timestamps"), "0");
    await peer.ask(`send 127.0.0.2 ${String(socket.address.port)} question`);
    assert.deepEqual(receive(), ["question"]);
    words[datagramWords.at] = 0;
    assert.equal(socket.sendBatch(space, words, 0, 1), 1);
    assert.equal(await peer.ask("receive"), `<question> 127.0.0.2 ${String(socket.address.port)}`);
  });

  it("IPv4 by way of IPv6, at the address that was asked, which may be everyone's", async () => {
    socket.close();
    socket = UdpBatchSocket.bind({ ipv6: true, ipv6Only: false });
    await using peer = await CPeer.start("udp", [4]);
    const port = Number(await peer.line());
    for (const [to, from] of [
      ["127.0.0.2", "127.0.0.2"],
      ["127.255.255.255", "127.0.0.1"],
    ] as const) {
      assert.equal(await peer.ask("everyone"), "0");
      assert.equal(await peer.ask(`send ${to} ${String(socket.address.port)} question`), "8");
      assert.deepEqual(receive(), ["question"]);
      assert.deepEqual(senderOf(0), { address: "::ffff:127.0.0.1", port });
      words[datagramWords.at] = 0;
      assert.equal(socket.sendBatch(space, words, 0, 1), 1);
      assert.equal(await peer.ask("receive"), `<question> ${from} ${String(socket.address.port)}`);
    }
  });

  it("reads and writes nothing beyond the space and the words", () => {
    const bad: [number, number][] = [[8 * PLACE, 1], [8 * PLACE + 1, 0], [0, 8 * PLACE + 1], [2 ** 32 - 1, 2 ** 32 - 1]]; // prettier-ignore
    for (const [at, size] of bad) {
      words[datagramWords.at] = at;
      words[datagramWords.size] = size;
      assert.throws(() => socket.sendBatch(space, words, 0, 1), { code: "EINVAL", syscall: "sendmmsg" });
    }
    for (const [first, end] of [
      [0, 9],
      [1, 1],
      [2, 1],
    ] as const)
      // prettier-ignore
      assert.throws(() => socket.sendBatch(space, words, first, end), { code: "EINVAL" });
    assert.throws(() => socket.receiveBatch(space, 8 * PLACE + 1, words), { code: "EINVAL", syscall: "recvmmsg" });
    assert.throws(() => socket.receiveBatch(space, 0, words), { code: "EINVAL" });
    assert.throws(() => socket.receiveBatch(space, PLACE, words.subarray(0, 15)), { code: "EINVAL" });
    assert.throws(() => socket.senderOf(words.subarray(0, 15)), { code: "EINVAL" });
    assert.throws(() => socket.receiveBatch(space, PLACE, space as unknown as Uint32Array), TypeError);
    socket.close();
    assert.throws(() => socket.receiveBatch(space, PLACE, words), { code: "EBADF", syscall: "recvmmsg" });
    assert.throws(() => socket.sendBatch(space, words, 0, 1), { code: "EBADF", syscall: "sendmmsg" });
  });
});

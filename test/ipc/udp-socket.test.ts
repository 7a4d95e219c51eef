import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { UdpSocket, type UdpBindOptions } from "../../src/ipc/index.ts";
import { duplicateDescriptor } from "../../src/runtime/transport/native.ts";
import { descriptor, udpDescriptor } from "../runtime/descriptors.ts";
import { CPeer } from "./c-peer.ts";
import { openDescriptors, skipUnlessIpc } from "./descriptors.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (message: { bytes: Uint8Array }): string => new TextDecoder().decode(message.bytes);

describe("UdpSocket", () => {
  const opened: UdpSocket[] = [];
  const bind = (options?: UdpBindOptions): UdpSocket => {
    const socket = UdpSocket.bind(options);
    opened.push(socket);
    return socket;
  };

  before(skipUnlessIpc);
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.close();
  });

  it("tells C's question's destination, and answers from it, in all forms", async () => {
    const socket = bind();
    const { port } = socket.address;
    await using peer = await CPeer.start("udp", [4]);
    const from = { address: "127.0.0.1", port: Number(await peer.line()) };
    assert.equal(socket.tryReceive(), undefined);
    for (const [i, to] of ["127.0.0.1", "127.0.0.2", "127.0.0.3"].entries()) {
      const waiting = i === 0 ? socket.receive() : undefined;
      assert.equal(await peer.ask(`send ${to} ${String(port)} hello`), "5");
      const message = await (waiting ?? (i === 1 ? socket.tryReceive() : socket.receiveSync()));
      assert(message !== undefined);
      assert.deepEqual(
        { ...message, bytes: text(message) },
        { bytes: "hello", truncated: false, from, to, interface: 1 },
      );
      if (i === 0) await socket.send(bytes("answer"), from, { from: to });
      else if (i === 1) assert.equal(socket.trySend(bytes("answer"), from, { from: to }), true);
      else socket.sendSync(bytes("answer"), from, { from: to });
      assert.equal(await peer.ask("receive"), `<answer> ${to} ${String(port)}`);
    }
    socket.sendSync(bytes("by the route"), from);
    assert.equal(await peer.ask("receive"), `<by the route> 127.0.0.1 ${String(port)}`);
  });

  it("IPv6 too", async function () {
    await using peer = await CPeer.start("udp", [6]);
    const from = { address: "::1", port: Number(await peer.line()) };
    const socket = bind({ ipv6: true });
    const { port, address } = socket.address;
    assert.equal(address, "::");
    assert.equal(await peer.ask(`send ::1 ${String(port)} hello`), "5");
    const message = await socket.receive();
    assert.deepEqual([text(message), message.from, message.to, message.interface], ["hello", from, "::1", 1]);
    await socket.send(bytes("answer"), from, { from: message.to });
    assert.equal(await peer.ask("receive"), `<answer> ::1 ${String(port)}`);
  });

  it("many in one call, both ways, up to what was asked for", async () => {
    const socket = bind();
    const other = bind({ address: "127.0.0.1" });
    assert.equal(socket.tryReceiveMany(), undefined);
    const waiting = socket.receiveMany();
    const messages = Array.from({ length: 100 }, (_, i) => ({
      bytes: bytes(String(i)),
      to: { address: `127.0.0.${String(1 + (i % 3))}`, port: socket.address.port },
    }));
    await other.sendMany(messages);
    const received = await waiting;
    assert(received.length <= 64);
    while (received.length < 100) received.push(...(await socket.receiveMany({ maxBytes: 1, maxMessages: 1024 })));
    assert.deepEqual(
      received.map((message) => [text(message), message.truncated, message.to, message.from.port]),
      messages.map(({ bytes, to }, i) => [
        i < 64 ? String(i) : String(i).slice(0, 1),
        i >= 64 && bytes.length > 1,
        to.address,
        other.address.port,
      ]),
    );
    assert.equal(other.trySendMany([]), 0);
    const bad = [...messages.slice(0, 3), { bytes: new Uint8Array(70_000), to: other.address }];
    assert.equal(other.trySendMany(bad), 3);
    await assert.rejects(other.sendMany(bad), { code: "EMSGSIZE", syscall: "sendmmsg", messagesSent: 3 });
  });

  it("reusePort: a port for several, and only for those who say so", () => {
    const first = bind({ address: "127.0.0.1", reusePort: true });
    const { port } = first.address;
    assert.equal(bind({ address: "127.0.0.1", port, reusePort: true }).address.port, port);
    assert.throws(() => bind({ address: "127.0.0.1", port }), { code: "EADDRINUSE", syscall: "bind" });
  });

  it("connect: from C's socket alone, which is told of where it receives no more", async () => {
    const socket = bind({ address: "127.0.0.1" });
    const stranger = bind({ address: "127.0.0.1" });
    const peer = await CPeer.start("udp", [4]);
    const from = { address: "127.0.0.1", port: Number(await peer.line()) };
    socket.connect(from);
    stranger.sendSync(bytes("not from there"), socket.address);
    assert.equal(await peer.ask(`send 127.0.0.1 ${String(socket.address.port)} hello`), "5");
    assert.equal(text(await socket.receive()), "hello");
    assert.equal(socket.tryReceive(), undefined);
    socket.sendSync(bytes("answer"), from);
    assert.equal(await peer.ask("receive"), `<answer> 127.0.0.1 ${String(socket.address.port)}`);
    await peer[Symbol.asyncDispose]();
    socket.sendSync(bytes("to nobody"), from);
    await assert.rejects(socket.receive(), { code: "ECONNREFUSED", syscall: "recvmsg" });
    socket.connect(stranger.address); // another peer
    stranger.sendSync(bytes("from there"), socket.address);
    assert.equal(text(await socket.receive()), "from there");
    for (const to of [{ address: "::1", port: 9 }, { ...from, port: 0 }, { ...from, port: 65_536 }])
      assert.throws(() => { socket.connect(to); }, { code: "EINVAL", syscall: "connect" }); // prettier-ignore
  });

  it("addMembership: receives what C sends to the group on that interface", async () => {
    const socket = bind();
    const group = "239.255.7.8";
    socket.addMembership(group, "127.0.0.1");
    await using peer = await CPeer.start("udp", [4]);
    const from = Number(await peer.line());
    assert.equal(await peer.ask("through 127.0.0.1"), "0");
    assert.equal(await peer.ask(`send ${group} ${String(socket.address.port)} all`), "3");
    const message = await socket.receive();
    assert.deepEqual([text(message), message.to, message.from.port], ["all", group, from]);
    assert.throws(() => { socket.addMembership(group, "127.0.0.1"); }, { code: "EADDRINUSE", syscall: "setsockopt" }); // prettier-ignore
    assert.throws(() => { socket.addMembership("127.0.0.1", "127.0.0.1"); }, { code: "EINVAL" }); // prettier-ignore
    assert.throws(() => { socket.addMembership("ff02::1234"); }, { code: "EINVAL" }); // prettier-ignore
    const six = bind({ ipv6: true });
    six.addMembership("ff02::1234", "::%lo");
    assert.throws(() => { six.addMembership("ff02::1234", "::%lo"); }, { code: "EADDRINUSE" }); // prettier-ignore
    assert.throws(() => { six.addMembership("ff02::1234", "::%none0"); }, { code: "ENODEV" }); // prettier-ignore
  });

  it("receiveBufferBytes: as the system has it, which doubles what it is told", () => {
    const socket = bind();
    socket.receiveBufferBytes = 50_000;
    assert.equal(socket.receiveBufferBytes, 100_000);
    assert.throws(() => { socket.receiveBufferBytes = 0.5; }, TypeError); // prettier-ignore
  });

  it("tellDestination: of one that was bound elsewhere", async () => {
    const other = createSocket("udp4").bind(0, "0.0.0.0");
    await once(other, "listening");
    const { port } = other.address();
    const socket = UdpSocket.adopt(duplicateDescriptor(udpDescriptor(port)) ?? -1);
    opened.push(socket);
    const sender = bind({ address: "127.0.0.1" });
    const ask = (): void => { sender.sendSync(bytes("x"), { address: "127.0.0.2", port }); }; // prettier-ignore
    ask();
    assert.equal(socket.receiveSync().to, undefined);
    socket.tellDestination();
    ask();
    assert.equal(socket.receiveSync().to, "127.0.0.2");
    other.close();
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const tcp = UdpSocket.adopt(duplicateDescriptor(descriptor(listener)) ?? -1);
    opened.push(tcp);
    assert.throws(() => { tcp.tellDestination(); }, { code: "EPROTOTYPE", syscall: "getsockopt" }); // prettier-ignore
    listener.close();
  });

  it("ipv6Only: false: IPv4 too, by addresses of IPv6", () => {
    const socket = bind({ ipv6: true, ipv6Only: false });
    const { port } = socket.address;
    const sender = bind({ ipv6: true, ipv6Only: false });
    sender.connect({ address: "::ffff:127.0.0.2", port });
    sender.sendSync(bytes("x"), { address: "::ffff:127.0.0.2", port });
    const message = socket.receiveSync();
    assert.deepEqual([message.from.address, message.to], ["::ffff:127.0.0.1", "::ffff:127.0.0.2"]);
    socket.sendSync(bytes("y"), message.from, { from: message.to });
    assert.equal(text(sender.receiveSync()), "y");
    const alone = bind({ ipv6: true });
    assert.throws(() => { alone.connect({ address: "::ffff:127.0.0.1", port }); }, { code: "ENETUNREACH" }); // prettier-ignore
  });

  it("reserved: a port from 600 to 1023", function () {
    if (process.getuid?.() !== 0) this.skip();
    const ports = [bind({ address: "127.0.0.1", reserved: true }), bind({ ipv6: true, reserved: true })].map(
      (socket) => socket.address.port,
    );
    for (const port of ports) assert(port >= 600 && port <= 1023, String(port));
  });

  it("fails as the system does, and leaves no descriptor", async () => {
    const before = openDescriptors();
    assert.throws(() => bind({ address: "192.0.2.1" }), { code: "EADDRNOTAVAIL", syscall: "bind" });
    assert.throws(() => bind({ address: "::1" }), { code: "EINVAL", syscall: "bind" });
    assert.throws(() => bind({ port: 65_536 }), { code: "EINVAL" });
    assert.equal(openDescriptors(), before);
    const socket = bind({ address: "127.0.0.1" });
    const to = socket.address;
    assert.throws(() => socket.trySend(bytes("x"), { ...to, port: -1 }), { code: "EINVAL", syscall: "sendmsg" });
    assert.throws(() => socket.trySend(bytes("x"), { ...to, address: "localhost" }), { code: "EINVAL" });
    assert.throws(() => socket.trySend(bytes("x"), to, { from: "::1" }), { code: "EINVAL" });
    assert.throws(() => socket.trySend(bytes("x"), to, { from: "192.0.2.1" }), { syscall: "sendmsg" });
    assert.throws(() => socket.trySend(new Uint8Array(70_000), to), { code: "EMSGSIZE" });
    assert.throws(() => socket.tryReceive({ maxBytes: 0 }), RangeError);
    assert.throws(() => socket.tryReceiveMany({ maxMessages: 1025 }), RangeError);
    assert.throws(() => socket.receiveSync({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "recvmsg" });
    await assert.rejects(socket.receive({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "recvmsg" });
    const waiting = socket.receiveMany();
    socket.close();
    await assert.rejects(waiting, { code: "ECANCELED", syscall: "recvmmsg" });
    await assert.rejects(socket.receive(), { code: "EBADF" });
  });
});

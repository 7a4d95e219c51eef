import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { TLSSocket, createSecureContext } from "node:tls";
import { type RpcServer, type ServerAuth, type ServerOptions, connect } from "../../src/runtime/index.ts";
import { needs } from "../interop/namespace.ts";
import { gate, until } from "./raw-server.ts";
import {
  ECHO,
  PROGRAM,
  RawPeer,
  SERVICE,
  VERSION,
  call,
  hexWords,
  record,
  serve,
  testService,
  words,
} from "./support.ts";
import { type Pki, closed, listen, makePki, probe, secure, startTls } from "./tls-support.ts";

const BADCRED = "00000001 00000001 00000001 00000001";
const OK = "00000000 00000000 00000000 00000000";
const ALPN = { ALPNProtocols: ["sunrpc"] };

describe("runtime: RPC-with-TLS on the wire", () => {
  let pki: Pki;

  before(needs({ commands: { openssl: "openssl" } }));
  before(() => {
    pki = makePki();
  });
  after(() => {
    pki.remove();
  });

  describe("the server", () => {
    let server: RpcServer;
    let peer: RawPeer;
    let reconnect: () => Promise<RawPeer>;

    const start = async (options: ServerOptions = {}, service = testService()): Promise<void> => {
      const serving = await serve("tcp", service, { tls: { ...pki.server, mode: "opportunistic" }, ...options });
      ({ server } = serving);
      reconnect = () => RawPeer.connect(serving.bound);
      peer = await reconnect();
    };

    afterEach(async () => {
      peer.socket.destroy();
      await server.close();
    });

    it("answers STARTTLS, and calls over the handshake's connection", async () => {
      await start();
      const yes = "00000005 00000001 00000000 00000000 00000008 53544152 54544c53 00000000";
      assert.equal(await peer.ask(probe(5)), yes);
      const socket = await secure(peer, ALPN);
      assert.equal(socket.getProtocol(), "TLSv1.3");
      assert.equal(socket.alpnProtocol, "sunrpc");
      assert.equal(await RawPeer.over(socket).ask(call(6, 1, 77)), `00000006 00000001 ${OK} 0000004d`);
    });

    it("answers a probe for a program that it does not have", async () => {
      await start();
      assert.equal(await peer.ask(words(5, 0, 2, PROGRAM + 1, 1, 0, 7, 0, 0, 0)), hexWords(startTls(5)));
    });

    it("rejects what is no proper probe, and a probe within TLS, with AUTH_BADCRED", async () => {
      await start();
      assert.equal(await peer.ask(probe(1, 1)), `00000001 ${BADCRED}`, "of another procedure than NULL");
      assert.equal(await peer.ask(words(2, 0, 2, PROGRAM, VERSION, 0, 7, 4, 9, 0, 0)), `00000002 ${BADCRED}`);
      const badVerifier = await peer.ask(words(3, 0, 2, PROGRAM, VERSION, 0, 7, 0, 1, 0));
      assert.equal(badVerifier, "00000003 00000001 00000001 00000001 00000003");
      await peer.ask(probe(4));
      const inner = RawPeer.over(await secure(peer, ALPN));
      assert.equal(await inner.ask(probe(5)), `00000005 ${BADCRED}`);
      assert.equal(await inner.ask(call(6, 1, 1)), `00000006 00000001 ${OK} 00000001`);
    });

    it("rejects it as libtirpc does where TLS is off", async () => {
      await start({ tls: { mode: "off" } });
      assert.equal(await peer.ask(probe(1)), "00000001 00000001 00000001 00000001 00000002");
    });

    it("refuses clients without ALPN, with another one's, and with TLS 1.2", async () => {
      await start();
      await peer.ask(probe(1));
      const without = await secure(peer, {});
      without.write(record(call(2, 1, 1)));
      without.on("data", () => assert.fail("it was answered"));
      await closed(without);
      for (const [options, code] of [
        [{ ALPNProtocols: ["http/1.1"] }, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"],
        [{ ...ALPN, maxVersion: "TLSv1.2" }, "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"],
      ] as const) {
        peer = await reconnect();
        await peer.ask(probe(1));
        await assert.rejects(secure(peer, options), { code });
        await closed(peer.socket);
      }
    });

    for (const [title, behind] of [
      ["a call", record(call(2, 4, 1))],
      ["half a record", words(0x8000_0040)],
      ["half a header", Buffer.of(0x80)],
    ] as const) {
      it(`ends a connection with ${title} in clear behind the probe`, async () => {
        let ran = 0;
        await start(
          {},
          testService(() => ++ran),
        );
        peer.socket.write(Buffer.concat([record(probe(1)), behind]));
        await closed(peer.socket);
        assert.equal(ran, 0);
      });
    }

    it("ends a connection that goes on in clear behind the answer", async () => {
      let ran = 0;
      await start(
        {},
        testService(() => ++ran),
      );
      await peer.ask(probe(1));
      peer.send(call(2, 4, 1));
      await closed(peer.socket);
      assert.equal(ran, 0);
    });

    it("answers calls in flight in clear before it goes on over TLS", async () => {
      let finish: (result: number) => void = () => undefined;
      const runs = new EventEmitter();
      const run = (): Promise<number> => {
        runs.emit("started");
        return new Promise((resolve) => (finish = resolve));
      };
      await start({}, testService(run));
      const started = once(runs, "started");
      peer.socket.write(Buffer.concat([record(call(1, 4, 1)), record(probe(2))]));
      await started;
      await new Promise(setImmediate); // the probe has been read, too
      finish(9);
      assert.equal(hexWords(await peer.receive()), `00000001 00000001 ${OK} 00000009`);
      assert.equal(hexWords(await peer.receive()), hexWords(startTls(2)));
      const inner = RawPeer.over(await secure(peer, ALPN));
      assert.equal(await inner.ask(call(3, 1, 1)), `00000003 00000001 ${OK} 00000001`);
    });

    it("ends a connection that goes on in clear while the answer waits for calls in flight", async () => {
      let ran = 0;
      const runs = new EventEmitter();
      await start(
        {},
        testService((_, { signal }) => {
          ran++;
          runs.emit("started");
          return once(signal, "abort").then(() => 1);
        }),
      );
      const started = once(runs, "started");
      peer.socket.write(Buffer.concat([record(call(1, 4, 1)), record(probe(2))]));
      await started;
      peer.send(call(3, 4, 1));
      await closed(peer.socket);
      assert.equal(ran, 1);
    });

    it("never answers over TLS what was asked in clear", async () => {
      let accept: () => void = () => undefined;
      const slow: ServerAuth = {
        flavor: 99,
        authenticate: () => new Promise((resolve) => (accept = () => { resolve({ kind: "accept" }); })), // prettier-ignore
      };
      await start({ auth: [slow] });
      peer.send(words(1, 0, 2, PROGRAM, VERSION, 1, 99, 0, 0, 0, 42));
      assert.equal(await peer.ask(probe(2)), hexWords(startTls(2)));
      const inner = RawPeer.over(await secure(peer, ALPN));
      accept();
      assert.equal(await inner.ask(call(3, 1, 1)), `00000003 00000001 ${OK} 00000001`);
    });

    it("answers late who has ended its sending side behind a call, over TLS, too", async () => {
      const goOn = gate();
      const service = testService(async (arg) => {
        await goOn.promise;
        return arg;
      });
      await start({}, service);
      await peer.ask(probe(1));
      const socket = await secure(peer, ALPN);
      const inner = RawPeer.over(socket);
      socket.end(record(call(2, 4, 8)));
      await until(() => server.connections === 0);
      goOn.open();
      assert.equal(hexWords(await inner.receive()), `00000002 00000001 ${OK} 00000008`);
    });

    it("sends what waits for the handshake behind it", async () => {
      let back: Promise<number> | undefined;
      await start({
        guard: ({ connection, encrypted }) => {
          if (encrypted) return;
          // Behind the answer to the probe, which is made in the turn of this call's end.
          setImmediate(() => {
            back = connection.call(ECHO, 5);
          });
        },
      });
      peer.socket.write(Buffer.concat([record(call(1, 5)), record(probe(2))]));
      assert.equal(hexWords(await peer.receive()).slice(0, 17), "00000001 00000001");
      assert.equal(hexWords(await peer.receive()), hexWords(startTls(2)));
      const inner = RawPeer.over(await secure(peer, ALPN));
      const called = await inner.receive();
      assert.equal(hexWords(called.subarray(4, 24)), hexWords(call(0, 1, 5).subarray(4, 24)));
      inner.send(Buffer.concat([called.subarray(0, 4), words(1, 0, 0, 0, 0, 6)]));
      assert.equal(await inner.ask(call(3, 1, 1)), `00000003 00000001 ${OK} 00000001`);
      assert.equal(await back, 6);
    });

    it("ends a handshake that does not end within stallTimeoutMs, silent or not", async () => {
      await start({ stallTimeoutMs: 60 });
      await peer.ask(probe(1));
      const drip = setInterval(() => {
        // A record of TLS that goes on and on.
        peer.socket.write(Buffer.of(0));
      }, 10);
      peer.socket.write(Buffer.from("1603010400", "hex"));
      await closed(peer.socket);
      clearInterval(drip);
    });

    it("gives up a connection in the handshake for a new one, where there is no room", async () => {
      await start({ maxConnections: 1 });
      await peer.ask(probe(1));
      const ended = closed(peer.socket);
      peer = await reconnect();
      assert.equal(await peer.ask(call(1, 1, 3)), `00000001 00000001 ${OK} 00000003`);
      await ended;
    });

    it("closes in the middle of a handshake", async () => {
      await start();
      await peer.ask(probe(1));
      await server.close();
      await closed(peer.socket);
    });
  });

  describe("the client", () => {
    /** A client of a listener that answers the first record with these bytes. */
    const against = async (
      answer: (xid: number) => Buffer,
      mode: "opportunistic" | "required" = "opportunistic",
      then: (peer: RawPeer) => unknown = () => undefined,
      timeoutMs = 5000,
    ): Promise<number> => {
      const { port, close } = await listen(async (peer) => {
        const asked = await peer.receive();
        const xid = asked.readUInt32BE();
        assert.equal(hexWords(asked), hexWords(probe(xid)));
        peer.socket.write(answer(xid));
        await then(peer);
      });
      try {
        const tls = { mode, ca: pki.authority.cert };
        await using connection = await connect(SERVICE, { host: "127.0.0.1", port, timeoutMs, tls });
        assert.equal(connection.encrypted, false);
        return await connection.call(ECHO, 8);
      } finally {
        await close();
      }
    };

    const echo = async (peer: RawPeer): Promise<void> => {
      const asked = await peer.receive();
      peer.send(Buffer.concat([asked.subarray(0, 4), words(1, 0, 0, 0, 0, 8)]));
    };

    for (const [title, answer] of [
      ["AUTH_BADCRED", (xid) => words(xid, 1, 1, 1, 1)],
      ["an auth_stat of its own", (xid) => words(xid, 1, 1, 1, 99)],
      ["RPC_MISMATCH", (xid) => words(xid, 1, 1, 0, 3, 3)],
      ["success without STARTTLS", (xid) => words(xid, 1, 0, 0, 0, 0)],
      ["PROG_UNAVAIL without STARTTLS", (xid) => words(xid, 1, 0, 0, 0, 1)],
      ["STARTTLS of another flavor", (xid) => { const yes = startTls(xid); yes.writeUInt32BE(7, 12); return yes; }], // prettier-ignore
      ["another word than STARTTLS", (xid) => { const yes = startTls(xid); yes[20] = 0; return yes; }], // prettier-ignore
    ] as [string, (xid: number) => Buffer][]) {
      it(`${title} is no: opportunistic goes on in clear, required does not`, async () => {
        assert.equal(await against((xid) => record(answer(xid)), "opportunistic", echo), 8);
        await assert.rejects(
          against((xid) => record(answer(xid)), "required"),
          {
            code: "RPC_CANTCONNECT",
            message: /TLS is required, and the server does not offer it/,
          },
        );
      });
    }

    for (const mode of ["opportunistic", "required"] as const) {
      const fails = async (
        what: RegExp,
        answer: (xid: number) => Buffer,
        then?: (peer: RawPeer) => unknown,
        timeoutMs?: number,
      ): Promise<void> => {
        await assert.rejects(against(answer, mode, then, timeoutMs), { code: "RPC_CANTCONNECT", message: what });
      };
      const yes = (xid: number): Buffer => record(startTls(xid));
      const serving = (options: object) => (peer: RawPeer) => {
        peer.socket.removeAllListeners("data");
        const secureContext = createSecureContext({ ...pki.server, ...options });
        new TLSSocket(peer.socket, { isServer: true, secureContext, ...options }).on("error", () => undefined);
      };

      describe(mode, () => {
        it("takes no server without ALPN", () =>
          fails(/handshake failed: the server did not agree to ALPN sunrpc/, yes, serving({})));
        it("takes no TLS 1.2", () =>
          fails(/handshake failed.*protocol version/s, yes, serving({ ...ALPN, maxVersion: "TLSv1.2" })));
        it("takes nothing in clear behind the answer", () =>
          fails(/in clear came behind the answer/, (xid) => Buffer.concat([yes(xid), yes(xid)])));
        it("takes no part of a record in clear behind the answer", () =>
          fails(/in clear came behind the answer/, (xid) => Buffer.concat([yes(xid), Buffer.of(0x80)])));
        it("takes nothing in clear instead of the handshake", () =>
          fails(/handshake failed/, yes, async (peer) => {
            await once(peer.socket, "data"); // the ClientHello
            peer.socket.write(record(words(1, 1, 0, 0, 0, 0)));
          }));
        it("takes no answer to another call", () => fails(/to another call/, (xid) => yes(xid ^ 1)));
        it("takes no call for an answer", () => fails(/no proper answer/, (xid) => record(call(xid, 0))));
        it("takes nonsense for no answer", () => fails(/no proper answer/, () => record(words(1))));
        it("takes an end for no answer", () =>
          fails(/no proper answer.*ended/, () => Buffer.alloc(0), (peer) => peer.socket.end())); // prettier-ignore
        it("waits for an answer no longer than timeoutMs", () =>
          fails(/no connection within 50 ms/, () => Buffer.alloc(0), undefined, 50));
        it("waits for a handshake no longer than timeoutMs", () =>
          fails(/no connection within 50 ms/, yes, undefined, 50));
      });
    }

    it("takes STARTTLS whatever else the reply says, and leaves TLS to fail then", async () => {
      const unavailable = (xid: number): Buffer => {
        const yes = startTls(xid);
        yes.writeUInt32BE(1, yes.length - 4);
        return record(yes);
      };
      await assert.rejects(
        against(unavailable, "opportunistic", (peer) => peer.socket.end()),
        { message: /handshake failed/ },
      );
    });

    it("asks again on each reconnect, and refuses a server that has no TLS any more", async () => {
      const first = await serve("tcp", undefined, { tls: pki.server });
      const { port } = first.bound;
      const tls = { ca: pki.authority.cert };
      const reconnect = { maxAttempts: 1 };
      await using connection = await connect(SERVICE, { ...first.to, tls, reconnect });
      assert.equal(await connection.call(ECHO, 1), 1);
      const lost = async (): Promise<void> => {
        while (connection.connected) await new Promise(setImmediate);
      };
      const restart = async (mode: "off" | "required"): Promise<RpcServer> => {
        const { server } = await serve("udp", undefined, { tls: { ...pki.server, mode } });
        await server.listen({ host: "127.0.0.1", port, udp: false, local: false, portmap: "off" });
        return server;
      };
      await first.server.close();
      await lost();
      await using downgraded = await restart("off");
      await assert.rejects(connection.call(ECHO, 2), {
        code: "RPC_CANTCONNECT",
        message: /TLS is required, and the server does not offer it/,
      });
      await downgraded.close();
      await using again = await restart("required");
      assert.equal(await connection.call(ECHO, 3), 3);
      assert.equal(connection.encrypted, true);
      await again.close();
    });
  });

  it("a session is not resumed with the certificates of before", async () => {
    const asking = { ...pki.server, ca: pki.authority.cert, requestCert: true };
    const { server, bound } = await serve("tcp", undefined, { tls: asking });
    const open = async (session?: Buffer): Promise<{ socket: TLSSocket; ticket: Promise<unknown[]> }> => {
      const peer = await RawPeer.connect(bound);
      await peer.ask(probe(1));
      const socket = await secure(peer, { ...ALPN, ...pki.client, ...(session === undefined ? {} : { session }) });
      return { socket, ticket: once(socket, "session") };
    };
    const first = await open();
    const answered = RawPeer.over(first.socket).ask(call(2, 1, 1));
    const [session] = (await first.ticket) as [Buffer];
    assert.equal(await answered, `00000002 00000001 ${OK} 00000001`);
    const second = await open(session);
    assert.equal(second.socket.isSessionReused(), true);
    assert.equal(await RawPeer.over(second.socket).ask(call(3, 1, 1)), `00000003 00000001 ${OK} 00000001`);
    server.setTls({ ...asking, ca: pki.stranger.cert });
    const third = await open(session).catch(() => undefined);
    assert.notEqual(third?.socket.isSessionReused(), true);
    for (const { socket } of [first, second, ...(third === undefined ? [] : [third])]) socket.destroy();
    await server.close();
  });
});

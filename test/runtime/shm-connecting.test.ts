import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnixSeqpacketServer } from "../../src/ipc/index.ts";
import { RpcAddress, connect } from "../../src/runtime/index.ts";
import { openTransportTo } from "../../src/runtime/open-connection.ts";
import type { Transport } from "../../src/runtime/transport/transport.ts";
import { runModule } from "../ipc/descriptors.ts";
import { gate, until } from "./raw-server.ts";
import { RawPeer, SERVICE, words } from "./support.ts";
import { serveShm, skipUnlessShm } from "./shm-support.ts";

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("runtime: shm: attempts that end before there is a connection", () => {
  before(skipUnlessShm);

  describe("by a signal", () => {
    let listener: Server;
    let path: string;
    let asked = gate<{ peer: RawPeer; question: Buffer }>();
    const why = new Error("enough");

    beforeEach(async () => {
      asked = gate();
      path = join(tmpdir(), `tsrpcgen-connecting-${process.pid}.sock`);
      listener = createServer((socket) => {
        const peer = RawPeer.over(socket);
        peer.receive().then(
          (question) => {
            asked.open({ peer, question });
          },
          () => undefined,
        );
      });
      listener.listen({ path });
      await once(listener, "listening");
    });
    afterEach(async () => {
      listener.close();
      await once(listener, "close");
      rmSync(path, { force: true });
    });

    const open = (signal: AbortSignal): Promise<Transport> =>
      openTransportTo(RpcAddress.sameHost("shm", path), { shm: { service: SERVICE }, signal });

    /** @param until resolves in the phase in which the signal is to fire */
    async function endsIn(phase: () => Promise<unknown>): Promise<void> {
      const before = descriptors();
      const controller = new AbortController();
      const opening = assert.rejects(open(controller.signal), (error: Error) => error.cause === why || error === why);
      await phase();
      controller.abort(why);
      await opening;
      const { peer } = await asked.promise;
      await until(() => peer.socket.closed);
      await until(() => descriptors() <= before);
    }

    it("before it has begun", async () => {
      await assert.rejects(open(AbortSignal.abort(why)));
    });

    it("while the question is not answered", async () => {
      await endsIn(() => asked.promise);
    });

    for (const [what, takesIn] of [
      ["while nobody takes it in at the place that was named", false],
      ["while it waits for the memory", true],
    ] as const)
      it(what, async () => {
        const name = `tsrpcgen-connecting-${process.pid}-${Math.random().toString(16).slice(2)}`;
        const place = UnixSeqpacketServer.listen({ abstract: name });
        await endsIn(async () => {
          const { peer, question } = await asked.promise;
          const padding = Buffer.alloc((4 - (name.length % 4)) % 4);
          const verifier = Buffer.concat([words(0x7473686d, name.length), Buffer.from(name), padding]);
          peer.send(Buffer.concat([question.subarray(0, 4), words(1, 0), verifier, words(0)]));
          if (!takesIn) {
            await new Promise(setImmediate);
            place.close();
            return;
          }
          const met = await place.accept();
          place.close();
          // Its end is told once the client has gone.
          void met.receive({ timeoutMs: 5000 }).finally(() => {
            met.close();
          });
        });
      });
  });

  it("at any time: neither end keeps anything", async () => {
    const { server, path } = await serveShm();
    await (await connect(SERVICE, { path })).close(); // all modules are loaded
    await until(() => server.connections === 0);
    const before = descriptors();
    let made = 0;
    for (let turns = 0; turns < 60; turns++) {
      const controller = new AbortController();
      const opening = openTransportTo(RpcAddress.sameHost("shm", path), {
        shm: { service: SERVICE },
        signal: controller.signal,
      }).then(
        (transport) => {
          made++;
          transport.destroy(new Error("it was not needed"));
        },
        () => undefined,
      );
      for (let turn = 0; turn < turns % 20; turn++) await new Promise(setImmediate);
      controller.abort();
      await opening;
    }
    assert(made < 60);
    await until(() => server.connections === 0 && descriptors() <= before);
    await server.close();
  });

  it("for want of descriptors: it stays on the socket, or says that it can't connect, and leaves none open", async () => {
    const at = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
    const stdout = await runModule(
      `const { connect } = await import(${at("../../src/runtime/index.js")});
       const { serveShm } = await import(${at("./shm-support.js")});
       const { ECHO, SERVICE } = await import(${at("./support.js")});
       const count = () => readdirSync("/proc/self/fd").length;
       const { server, path } = await serveShm();
       await (await connect(SERVICE, { path })).close();
       while (server.connections > 0) await new Promise(setImmediate);
       const before = count();
       const seen = new Set();
       for (let free = 0; free < 16; free++) {
         const filled = [];
         try { for (;;) filled.push(ipc.EventFd.create()); } catch {}
         for (let i = 0; i < free; i++) filled.pop().close();
         try {
           const connection = await connect(SERVICE, { path, timeoutMs: 3000, reconnect: false });
           if ((await connection.call(ECHO, free)) !== free) throw new Error("wrong");
           seen.add(connection.transport);
           await connection.close();
         } catch (error) {
           seen.add(error.code);
         }
         for (const each of filled) each.close();
         for (let turn = 0; count() > before && turn < 1e5; turn++) await new Promise(setImmediate);
         if (count() > before) throw new Error(free + ": " + count() + " descriptors, not " + before);
       }
       await server.close();
       console.log([...seen].sort().join(" "));`,
      { shell: "ulimit -n 256" },
    );
    const seen = stdout.split(" ");
    assert(seen.includes("shm"), stdout);
    assert(
      seen.every((what) => ["shm", "local", "RPC_CANTCONNECT", "RPC_CANTRECV"].includes(what)),
      stdout,
    );
  });
});

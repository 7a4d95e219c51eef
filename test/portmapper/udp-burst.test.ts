import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { UdpSocket } from "../../src/ipc/index.ts";
import { Portmapper, type PortmapperOptions } from "../../src/portmapper/index.ts";
import { UDP_RECEIVE_BUFFER_BYTES } from "../../src/portmapper/limits.ts";
import { parseUaddr } from "../../src/runtime/index.ts";
import { whyNoPrimitives } from "../../src/runtime/transport/native.ts";
import { message, u32 } from "../interop/portmapper-table/raw.ts";

const HOST = "127.0.0.1";

/** More short datagrams than the system's own buffer of 212 992 bytes holds, of which each counts as 768. */
const BURST = 400;

const ask = (xid: number): Buffer =>
  message(xid, { over: "udp", version: 2, procedure: 3, args: u32(100_000, 2, 17, 0) });

/** How many of the lookups that come before the portmapper reads any are answered. */
async function answered(options: PortmapperOptions): Promise<number> {
  await using portmapper = new Portmapper(options);
  const { address = "" } = (await portmapper.listen()).find(({ netid }) => netid === "udp") ?? {};
  const socket = createSocket({ type: "udp4", recvBufferSize: UDP_RECEIVE_BUFFER_BYTES });
  try {
    socket.connect(parseUaddr(address)?.port ?? 0, HOST);
    await once(socket, "connect");
    let count = 0;
    const last = new Promise<void>((resolve) => {
      socket.on("message", (reply: Buffer) => {
        // Replies come in the order of the calls, and behind the first there is room for one more call.
        if (count++ === 0) socket.send(ask(BURST));
        if (reply.readUInt32BE() === BURST) resolve();
      });
    });
    for (let xid = 0; xid < BURST; xid++) socket.send(ask(xid));
    await last;
    return count - 1;
  } finally {
    socket.close();
  }
}

describe("portmapper: lookups over udp that come all at once", () => {
  it("wait for their answers", async () => {
    assert.equal(await answered({ host: HOST, port: 0 }), BURST);
  });

  it("wait in a socket of systemd's as well", async function () {
    if (whyNoPrimitives() !== undefined) return this.skip();
    const fd = UdpSocket.bind({ address: HOST }).release();
    assert.equal(await answered({ sockets: [{ fd, netid: "udp", listening: true }] }), BURST);
  });
});

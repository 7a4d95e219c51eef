import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "tsrpcgen/portmapper";
import { RpcServer, parseUaddr } from "tsrpcgen/runtime";
import { words } from "../runtime/support.ts";
import { dissect } from "./dissect.ts";
import { TYPES_ONE, TYPES_PROG } from "./gen/types.ts";
import { TypesProgV1Client } from "./gen/types_clnt.ts";
import { typesProgV1Service } from "./gen/types_svc.ts";
import { needs } from "./namespace.ts";
import { Pcap } from "./pcap.ts";
import { EVERYTHING } from "./values.ts";

const TYPES_PORT = 2001;

describe("interop: Wireshark's dissector reads what we send", function () {
  this.timeout(60_000);
  before(needs({ commands: { tshark: "tshark" } }));

  it("calls and replies over tcp and udp, the portmapper's among them, none of them malformed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tsrpcgen-tshark-"));
    const file = join(folder, "calls.pcap");
    const pcap = new Pcap();
    try {
      await using portmapper = new Portmapper({ host: "127.0.0.1", port: 0 });
      const [own] = await portmapper.listen();
      const ownPort = parseUaddr(own?.address ?? "")?.port ?? 0;
      const portmapPort = await pcap.relayTcp(ownPort, 111);
      await using server = new RpcServer();
      server.add(typesProgV1Service({ ping: () => undefined, echoEverything: (value) => value }));
      const bound = await server.listen({ host: "127.0.0.1", local: false, portmap: { port: portmapPort } });
      for (const { netid, port } of bound) {
        const relay = netid === "tcp" ? pcap.relayTcp(port, TYPES_PORT) : pcap.relayUdp(port, TYPES_PORT);
        const transport = netid === "tcp" ? "tcp" : "udp";
        await using client = await TypesProgV1Client.connect({ host: "127.0.0.1", transport, port: await relay });
        await client.ping();
        assert.deepEqual(await client.echoEverything(EVERYTHING), EVERYTHING);
      }
    } finally {
      pcap.close();
    }
    try {
      await writeFile(file, pcap.bytes());
      const fields = [
        "rpc.msgtyp",
        "rpc.program",
        "rpc.replystat",
        "rpc.state_accept",
        "_ws.malformed",
        "_ws.col.Protocol",
      ];
      const packets = await dissect(file, "rpc || _ws.malformed", fields);
      assert.deepEqual(
        packets.filter((packet) => packet[4] !== ""),
        [],
      );
      const calls = packets.filter((packet) => packet[0] === "0");
      const replies = packets.filter((packet) => packet[0] === "1");
      assert.equal(calls.length, replies.length);
      assert.deepEqual(
        replies.filter((packet) => packet[2] !== "0" || packet[3] !== "0"),
        [],
      );
      assert.equal(calls.filter((packet) => packet[1] === "536875572").length, 4, String(packets));
      assert.ok(
        calls.some((packet) => packet[1] === "100000" && packet[5] === "Portmap"),
        String(packets),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("a message whose xid another protocol's messages begin with is read as RPC's, or as nobody's", async () => {
    const RECEIVER_REPORT = 0x83c9_d457;
    const folder = await mkdtemp(join(tmpdir(), "tsrpcgen-tshark-"));
    const file = join(folder, "xid.pcap");
    const pcap = new Pcap();
    const client = createSocket("udp4");
    try {
      await using server = new RpcServer().add(typesProgV1Service({ ping: () => undefined }));
      const [bound] = await server.listen({ host: "127.0.0.1", tcp: false, local: false, portmap: "off" });
      const port = await pcap.relayUdp(bound?.port ?? 0, TYPES_PORT);
      const reply = words(RECEIVER_REPORT, 1, 0, 0, 0, 0);
      const call = words(RECEIVER_REPORT, 0, 2, TYPES_PROG, TYPES_ONE, 0, 0, 0, 0, 0);
      // To the first message all protocols are offered; a reply to no call is none of RPC's, and a call cut short is malformed.
      client.send(words(RECEIVER_REPORT + 1, 1, 0, 0, 0, 0), port, "127.0.0.1");
      client.send(call.subarray(0, -6), port, "127.0.0.1");
      client.send(call, port, "127.0.0.1");
      assert.deepEqual(await once(client, "message").then(([message]: unknown[]) => message), reply);
      await writeFile(file, pcap.bytes());
      const read = await dissect(file, "udp", ["frame.protocols", "rpc.msgtyp", "_ws.malformed"]);
      assert.deepEqual(read, [
        ["raw:ip:udp:data", "", ""],
        ["raw:ip:udp:rpc", "0", "[Malformed Packet: RPC],_ws.malformed"],
        ["raw:ip:udp:rpc", "0", ""],
        ["raw:ip:udp:rpc", "1", ""],
      ]);
    } finally {
      client.close();
      pcap.close();
      await rm(folder, { recursive: true });
    }
  });
});

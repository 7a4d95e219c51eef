import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "tsrpcgen/portmapper";
import { RpcServer, parseUaddr } from "tsrpcgen/runtime";
import { TypesProgV1Client } from "./gen/types_clnt.ts";
import { typesProgV1Service } from "./gen/types_svc.ts";
import { needs, run } from "./namespace.ts";
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
      const { stdout } = await run("tshark", [
        ...["-o", "rpc.dissect_unknown_programs:TRUE", "-r", file, "-Y", "rpc || _ws.malformed", "-T", "fields"],
        ...fields.flatMap((field) => ["-e", field]),
      ]);
      const packets = stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => line.split("\t"));
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
      assert.equal(calls.filter((packet) => packet[1] === "536875572").length, 4, stdout);
      assert.ok(
        calls.some((packet) => packet[1] === "100000" && packet[5] === "Portmap"),
        stdout,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RpcServer, authSys } from "tsrpcgen/runtime";
import { TestAuthority } from "../runtime/certificates.ts";
import { dissect } from "./dissect.ts";
import { TypesProgV1Client } from "./gen/types_clnt.ts";
import { typesProgV1Service } from "./gen/types_svc.ts";
import { needs, run } from "./namespace.ts";
import { Pcap } from "./pcap.ts";
import { EVERYTHING } from "./values.ts";

const PORT = 2001;
/** What must not be seen on the way. */
const SECRET = "the-machine-of-a-client";

describe("interop: Wireshark sees RPC-with-TLS", function () {
  this.timeout(60_000);
  before(needs({ commands: { tshark: "tshark", openssl: "openssl" } }));

  /** Calls over a relay, and what it has seen. */
  async function capture(mode: "off" | "required"): Promise<Pcap> {
    const pcap = new Pcap();
    const authority = new TestAuthority("tests");
    try {
      const identity = authority.sign("server", "IP:127.0.0.1");
      await using server = new RpcServer({ tls: { ...identity, mode } });
      server.add(typesProgV1Service({ ping: () => undefined, echoEverything: (value) => value }));
      const [bound] = await server.listen({ host: "127.0.0.1", udp: false, local: false, portmap: "off" });
      const port = await pcap.relayTcp(bound?.port ?? 0, PORT);
      const tls = { mode, ca: authority.cert };
      const auth = authSys({ machinename: SECRET });
      await using client = await TypesProgV1Client.connect({ host: "127.0.0.1", port, tls, auth });
      await client.ping();
      assert.deepEqual(await client.echoEverything(EVERYTHING), EVERYTHING);
      return pcap;
    } finally {
      pcap.close();
      authority.remove();
    }
  }

  /** The fields of each packet that the filter lets through, the first of each name. */
  const dissectTls = (
    from: string,
    filter: string,
    fields: readonly string[],
    options: readonly string[] = [],
  ): Promise<string[][]> =>
    dissect(from, filter, fields, { protocols: ["tls"], options: ["-E", "occurrence=f", ...options] });

  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsrpcgen-tls-"));
    file = join(folder, "calls.pcap");
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("one call in clear, the probe, then its answer, then TLS 1.3 alone, and nothing malformed", async () => {
    await writeFile(file, (await capture("required")).bytes());
    const fields = ["rpc.msgtyp", "rpc.procedure", "rpc.auth.flavor", "rpc.replystat", "rpc.state_accept"];
    assert.deepEqual(await dissectTls(file, "rpc.msgtyp", ["frame.number", ...fields]), [
      ["1", "0", "0", "7", "", ""],
      ["2", "1", "0", "0", "0", "0"],
    ]);
    assert.deepEqual(await dissectTls(file, "_ws.malformed", ["frame.number"]), []);
    assert.deepEqual(await dissectTls(file, `frame contains "${SECRET}"`, ["frame.number"]), []);

    // Before version 4.2 it does not know that RPC can turn into TLS, and takes what follows for more of RPC.
    const rest = join(folder, "rest.pcap");
    await run("tshark", ["-r", file, "-Y", "frame.number > 2", "-F", "pcap", "-w", rest]);
    const asTls = ["-d", `tcp.port==${PORT},tls`];
    assert.notEqual((await dissectTls(rest, "tls.app_data", ["frame.number"], asTls)).length, 0);
    assert.deepEqual(await dissectTls(rest, "!tls || _ws.malformed", ["frame.number"], asTls), []);
    const hello = await dissectTls(rest, "tls.handshake.type == 1", ["tls.handshake.extensions_alpn_str"], asTls);
    assert.deepEqual(hello, [["sunrpc"]]);
    const answer = ["tls.handshake.extensions.supported_version"];
    assert.deepEqual(await dissectTls(rest, "tls.handshake.type == 2", answer, asTls), [["0x0304"]]);
  });

  it("everything in clear without it", async () => {
    await writeFile(file, (await capture("off")).bytes());
    assert.equal((await dissectTls(file, "rpc.msgtyp", ["frame.number"])).length, 4);
    assert.equal((await dissectTls(file, `frame contains "${SECRET}"`, ["frame.number"])).length, 2);
  });
});

/** Calls over udp where the kernel itself loses packets: nftables drops them at random in the tests' network namespace. */
import assert from "node:assert/strict";
import { RpcServer, connect, method, rpcService } from "tsrpcgen/runtime";
import { int32Codec } from "tsrpcgen/xdr";
import { needs, run } from "./namespace.ts";

const SERVICE = { program: 0x2000_0077, version: 1 };
const ECHO = {
  ...SERVICE,
  programName: "LOSS_PROG",
  number: 1,
  name: "ECHO",
  args: int32Codec,
  result: int32Codec,
} as const;

const CALLS = 1000;
const AT_ONCE = 20;

/** Drops a fifth of what goes to a udp port of loopback, and of what comes from it. */
function rules(port: number): string {
  const lose = "numgen random mod 10 < 2 counter drop";
  return `table ip tsrpc_loss {
    chain in {
      type filter hook input priority 0; policy accept;
      udp dport ${port} ${lose}
      udp sport ${port} ${lose}
    }
  }`;
}

async function nft(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("/usr/sbin/nft", args);
  return stdout;
}

describe("udp, a fifth of the packets lost in the kernel each way", function () {
  this.timeout(60_000);
  before(needs({ namespace: true, commands: { nft: "nftables" } }));

  after(async () => {
    await nft("delete", "table", "ip", "tsrpc_loss").catch(() => undefined); // there is none where the suite was skipped
  });

  it(`${CALLS} calls are all answered, each with its own answer`, async () => {
    const echo = method(
      ECHO,
      (arg: number) => arg,
      (handler, arg) => handler(arg),
    );
    await using server = new RpcServer().add(rpcService("LOSS_PROG", SERVICE.program, SERVICE.version, [echo]));
    const [bound] = await server.listen({ host: "127.0.0.1", tcp: false, local: false, portmap: "off" });
    assert(bound !== undefined);
    await nft(rules(bound.port));
    await using connection = await connect(SERVICE, {
      host: "127.0.0.1",
      port: bound.port,
      transport: "udp",
      tryTimeoutMs: 4,
    });
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < CALLS) {
        const i = next++;
        assert.equal(await connection.call(ECHO, i), i);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assert.equal(connection.outstanding, 0);
    const dropped = [...(await nft("list", "table", "ip", "tsrpc_loss")).matchAll(/packets (\d+)/g)];
    const lost = dropped.map(([, packets]) => Number(packets));
    assert(lost.length === 2 && lost.every((packets) => packets > CALLS / 10), `${lost.join(" and ")} packets lost`);
    assert(connection.stats().retransmissions > CALLS / 5);
  });
});

import assert from "node:assert/strict";
import { type MulticastGroup, RpcServer, broadcast } from "../../src/runtime/index.ts";
import { multicastInterface } from "../../src/runtime/multicast.ts";
import { ECHO, testService } from "./support.ts";

const GROUP = "239.255.7.7";
const ON = { tcp: false, local: false, portmap: "off" } as const;

async function answerOf(multicast: (string | MulticastGroup)[], through: string): Promise<string | undefined> {
  await using server = new RpcServer().add(testService());
  const [bound] = await server.listen({ ...ON, udp: { multicast } });
  const port = bound?.port ?? 0;
  const options = { addresses: [GROUP], port, interface: through, ttl: 0, loopback: true, timeoutMs: 5000 };
  for await (const { result, from } of broadcast(ECHO, 7, options)) {
    assert.equal(result, 7);
    assert.equal(from.port, port);
    return from.host;
  }
  return undefined;
}

describe("runtime: multicast", () => {
  it("reaches a server that has joined the group, on an interface by name or by address", async () => {
    assert.equal(await answerOf([{ group: GROUP, interface: "lo" }], "127.0.0.1"), "127.0.0.1");
    assert.equal(await answerOf([{ group: GROUP, interface: "127.0.0.1" }], "lo"), "127.0.0.1");
    assert.equal(await answerOf([`${GROUP}%lo`], "lo"), "127.0.0.1");
  });

  it("is RPC_CANTLISTEN for what is no group, of the other family, or on no interface", async () => {
    await using server = new RpcServer().add(testService());
    const bad: [string | MulticastGroup, RegExp][] = [
      ["127.0.0.1%lo", /EINVAL/],
      ["ff02::1234", /ff02::1234 is no address of udp/],
      ["all", /all is no address of udp/],
      [{ group: GROUP, interface: "none0" }, /no interface none0/],
    ];
    for (const [group, message] of bad) {
      const listening = server.listen({ ...ON, udp: { multicast: [group] } });
      await assert.rejects(listening, (error: Error & { code?: string }) => {
        assert.equal(error.code, "RPC_CANTLISTEN");
        assert.match(error.message, message);
        return true;
      });
    }
    await assert.rejects(server.listen({ ...ON, udp: false, udp6: { multicast: [GROUP] } }), {
      code: "RPC_CANTLISTEN",
    });
  });

  it("looks for new interfaces no longer where it can't listen", async () => {
    const { setInterval: own } = globalThis;
    const made: NodeJS.Timeout[] = [];
    globalThis.setInterval = (...args: Parameters<typeof own>) => {
      const timer = own(...args);
      made.push(timer);
      return timer;
    };
    try {
      await using server = new RpcServer().add(testService());
      const multicast = [{ group: GROUP, interface: "*" }, "127.0.0.1%lo"];
      await assert.rejects(server.listen({ ...ON, udp: { multicast } }), { code: "RPC_CANTLISTEN" });
    } finally {
      globalThis.setInterval = own;
    }
    const joining = made.filter((timer) => (timer as unknown as { _repeat: number })._repeat === 30_000);
    assert.equal(joining.length, 1);
    assert((joining[0] as unknown as { _destroyed: boolean })._destroyed);
  });

  it("names an interface as Node wants it", () => {
    assert.equal(multicastInterface("udp", "lo"), "127.0.0.1");
    assert.equal(multicastInterface("udp", "10.1.2.3"), "10.1.2.3");
    assert.equal(multicastInterface("udp6", "eth7"), "::%eth7");
    assert.equal(multicastInterface("udp6", "fe80::1%eth7"), "::%eth7");
    assert.equal(multicastInterface("udp6", "::1"), "::%lo");
    assert.throws(() => multicastInterface("udp6", "2001:db8::1"), /no interface has the address/);
  });
});

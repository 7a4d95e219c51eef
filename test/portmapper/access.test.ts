import assert from "node:assert/strict";
import { Access } from "../../src/portmapper/access.ts";
import { OwnAddresses } from "../../src/portmapper/own-addresses.ts";
import { type Netid, RpcAddress, type RpcContext } from "../../src/runtime/index.ts";

class Fixed extends OwnAddresses {
  override list(): ReturnType<OwnAddresses["list"]> {
    return [
      { address: "192.0.2.7", netmask: "255.255.255.0", internal: false, interface: "eth0" },
      { address: "2001:db8::7", netmask: "ffff:ffff:ffff:ffff::", internal: false, interface: "eth0" },
      { address: "fe80::7", netmask: "ffff:ffff:ffff:ffff::", internal: false, interface: "eth1" },
    ];
  }
}

function from(transport: Netid, host: string): RpcContext {
  const peer = transport === "local" ? RpcAddress.local("") : RpcAddress.inet(transport, host, 4000);
  return { transport, peer } as Pick<RpcContext, "transport" | "peer"> as RpcContext;
}

describe("portmapper: access", () => {
  it("admits all without a list", () => {
    assert.equal(new Access({}, new Fixed()).admits(from("tcp", "203.0.113.9")), true);
  });

  it("admits the networks that are listed, and this host", () => {
    const access = new Access({ allow: ["10.0.0.0/8", "198.51.100.4", "2001:db8:1::/48"] }, new Fixed());
    const table: [Netid, string, boolean][] = [
      ["tcp", "10.255.0.1", true],
      ["tcp", "11.0.0.1", false],
      ["udp", "198.51.100.4", true],
      ["udp", "198.51.100.5", false],
      ["tcp6", "2001:db8:1:ffff::1", true],
      ["tcp6", "2001:db8:2::1", false],
      ["tcp6", "::ffff:10.0.0.1", true],
      ["tcp6", "::ffff:11.0.0.1", false],
      ["tcp", "127.0.0.1", true],
      ["udp6", "::1", true],
      ["udp", "192.0.2.7", true],
      ["udp", "192.0.2.8", false],
      ["tcp6", "2001:db8::7", true],
      ["local", "", true],
    ];
    for (const [transport, host, admitted] of table) {
      assert.equal(access.admits(from(transport, host)), admitted, `${transport} ${host}`);
    }
  });

  it("bounds replies over udp to other hosts, but those that are named", () => {
    const access = new Access({ longUdpReplies: ["10.0.0.0/8"] }, new Fixed());
    const table: [Netid, string, boolean][] = [
      ["udp", "203.0.113.9", true],
      ["udp6", "2001:db8::8", true],
      ["udp", "10.0.0.1", false],
      ["udp", "127.0.0.1", false],
      ["udp", "192.0.2.7", false],
      ["udp6", "::1", false],
      ["udp6", "fe80::7%eth1", false],
      // Another host, on another link.
      ["udp6", "fe80::7%eth0", true],
      ["tcp", "203.0.113.9", false],
      ["local", "", false],
    ];
    for (const [transport, host, bounded] of table) {
      assert.equal(access.boundsReply(from(transport, host)), bounded, `${transport} ${host}`);
    }
    const all = new Access({ longUdpReplies: ["0.0.0.0/0", "::/0"] }, new Fixed());
    assert.equal(all.boundsReply(from("udp", "203.0.113.9")), false);
    assert.equal(all.boundsReply(from("udp6", "2001:db8::8")), false);
  });

  for (const network of ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "host", "::/129", "10.0.0.0/8/8"]) {
    it(`does not take ${JSON.stringify(network)} for a network`, () => {
      assert.throws(() => new Access({ allow: [network] }, new Fixed()), RangeError);
    });
  }
});

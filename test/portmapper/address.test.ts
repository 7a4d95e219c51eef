import assert from "node:assert/strict";
import { isLoopback, mergeAddress, parseInetPort } from "../../src/portmapper/address.ts";
import { formatUaddr, parseUaddr } from "../../src/runtime/uaddr.ts";
import type { OwnAddress } from "../../src/portmapper/address.ts";

const LO: OwnAddress = { address: "127.0.0.1", netmask: "255.0.0.0", internal: true, interface: "lo" };
const LO6: OwnAddress = {
  address: "::1",
  netmask: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  internal: true,
  interface: "lo",
};
const LAN: OwnAddress = { address: "10.1.1.1", netmask: "255.255.255.0", internal: false, interface: "eth0" };
const LAB: OwnAddress = { address: "192.168.7.4", netmask: "255.255.255.0", internal: false, interface: "eth1" };
const LINK: OwnAddress = {
  address: "fe80::1",
  netmask: "ffff:ffff:ffff:ffff::",
  internal: false,
  interface: "eth0",
};
const LAN6: OwnAddress = {
  address: "fd00::1",
  netmask: "ffff:ffff:ffff:ffff::",
  internal: false,
  interface: "eth0",
};
const LINK1: OwnAddress = { ...LINK, address: "fe80::2", interface: "eth1" };
const HOST = [LO, LO6, LAN, LINK, LAB, LAN6, LINK1];

describe("portmapper: universal addresses", () => {
  it("are taken apart", () => {
    const table: [string, string, number][] = [
      ["0.0.0.0.0.111", "0.0.0.0", 111],
      ["192.0.2.1.8.1", "192.0.2.1", 2049],
      ["::.0.111", "::", 111],
      ["fd00::1.255.255", "fd00::1", 65_535],
      ["::ffff:192.0.2.1.4.5", "::ffff:192.0.2.1", 1029],
    ];
    for (const [address, host, port] of table) {
      assert.deepEqual(parseUaddr(address), { host, port });
      assert.equal(formatUaddr(host, port), address);
    }
  });

  it("have no zone, which libtirpc could not read", () => {
    assert.equal(formatUaddr("fe80::1%eth0", 2049), "fe80::1.8.1");
  });

  it("are refused when they are anything else", () => {
    for (const address of [
      "",
      "garbage",
      "/run/rpcbind.sock",
      "10.1.1.1",
      "1.2.3.4.999.5",
      "1.2.3.4.5.256",
      "1.2.3.4..5",
      "host.4.5",
      "1.2.3.4.5.6.7",
    ]) {
      assert.equal(parseUaddr(address), undefined, address);
    }
    assert.equal(parseInetPort("::1.4.5"), undefined);
  });

  it("know this host's loopback", () => {
    for (const host of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) assert.ok(isLoopback(host), host);
    for (const host of ["10.127.0.1", "128.0.0.1", "fd00::1", "::", "0.0.0.0", "::ffff:10.1.1.1"])
      assert.ok(!isLoopback(host), host);
  });
});

describe("portmapper: the address that GETADDR answers", () => {
  interface Case {
    readonly name: string;
    readonly address: string;
    readonly remote?: string;
    readonly local?: string;
    readonly hint?: string;
    readonly answer: string;
    readonly own?: readonly OwnAddress[];
  }
  const cases: Case[] = [
    {
      name: "tcp, from loopback",
      address: "0.0.0.0.4.5",
      remote: "127.0.0.1",
      local: "127.0.0.1",
      answer: "127.0.0.1.4.5",
    },
    {
      name: "tcp, on the address that was called",
      address: "0.0.0.0.4.5",
      remote: "203.0.113.9",
      local: "10.1.1.1",
      answer: "10.1.1.1.4.5",
    },
    { name: "tcp6", address: "::.4.5", remote: "fd00::9", local: "fd00::1", answer: "fd00::1.4.5" },
    {
      name: "tcp6 with a scope",
      address: "::.4.5",
      remote: "fe80::9%eth0",
      local: "fe80::1%eth0",
      answer: "fe80::1.4.5",
    },
    { name: "udp, by the asker's network", address: "0.0.0.0.4.5", remote: "192.168.7.200", answer: "192.168.7.4.4.5" },
    { name: "udp6, by the asker's network", address: "::.4.5", remote: "fd00::9", answer: "fd00::1.4.5" },
    { name: "udp6, by the asker's link", address: "::.4.5", remote: "fe80::9%eth1", answer: "fe80::2.4.5" },
    { name: "udp, asked by this host itself", address: "0.0.0.0.4.5", remote: "10.1.1.1", answer: "10.1.1.1.4.5" },
    {
      name: "udp, from a network that no interface is in",
      address: "0.0.0.0.4.5",
      remote: "203.0.113.9",
      answer: "10.1.1.1.4.5",
    },
    {
      name: "udp6, from elsewhere: no link-local address",
      address: "::.4.5",
      remote: "2001:db8::9",
      answer: "fd00::1.4.5",
    },
    {
      name: "udp, with the address that the asker called",
      address: "0.0.0.0.4.5",
      remote: "203.0.113.9",
      hint: "192.168.7.4.0.111",
      answer: "192.168.7.4.4.5",
    },
    {
      name: "a hint that is not this host's (address translation)",
      address: "0.0.0.0.4.5",
      remote: "203.0.113.9",
      local: "10.1.1.1",
      hint: "198.51.100.1.0.111",
      answer: "10.1.1.1.4.5",
    },
    {
      name: "a hint that is no address",
      address: "0.0.0.0.4.5",
      remote: "10.1.1.9",
      local: "10.1.1.1",
      hint: "foo",
      answer: "10.1.1.1.4.5",
    },
    {
      name: "a hint of the other family",
      address: "0.0.0.0.4.5",
      remote: "10.1.1.9",
      local: "10.1.1.1",
      hint: "fd00::1.0.111",
      answer: "10.1.1.1.4.5",
    },
    {
      name: "a hint of the wildcard",
      address: "0.0.0.0.4.5",
      remote: "10.1.1.9",
      local: "10.1.1.1",
      hint: "0.0.0.0.0.0",
      answer: "10.1.1.1.4.5",
    },
    {
      name: "a server on one address of this host",
      address: "192.168.7.4.4.5",
      remote: "10.1.1.9",
      local: "10.1.1.1",
      answer: "192.168.7.4.4.5",
    },
    {
      name: "a server on loopback, asked from this host",
      address: "127.0.0.2.4.5",
      remote: "127.0.0.1",
      local: "127.0.0.1",
      answer: "127.0.0.2.4.5",
    },
    {
      name: "a server on loopback, asked from elsewhere: not the asker's own loopback",
      address: "127.0.0.1.4.5",
      remote: "10.1.1.9",
      local: "10.1.1.1",
      answer: "10.1.1.1.4.5",
    },
    {
      name: "an address of another host",
      address: "203.0.113.66.4.5",
      remote: "10.1.1.9",
      local: "10.1.1.1",
      answer: "10.1.1.1.4.5",
    },
    { name: "a socket's path", address: "/run/date.sock", answer: "/run/date.sock" },
    { name: "what is no address", address: "garbage", local: "10.1.1.1", answer: "garbage" },
    { name: "a host without addresses", address: "::.4.5", remote: "::1", answer: "::.4.5", own: [LO] },
    {
      name: "a host with loopback alone",
      address: "0.0.0.0.4.5",
      remote: "203.0.113.9",
      answer: "127.0.0.1.4.5",
      own: [LO],
    },
  ];
  for (const { name, address, remote, local, hint = "", answer, own = HOST } of cases) {
    it(name, () => {
      assert.equal(mergeAddress(address, { remote, local, hint }, own), answer);
    });
  }
});

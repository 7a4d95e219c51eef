import assert from "node:assert/strict";
import { SUPERUSER, UNKNOWN, mayUnset, ownerOf } from "../../src/portmapper/owner.ts";
import type { CallerIdentity } from "../../src/portmapper/owner.ts";

const local = (uid?: number): CallerIdentity => ({ local: true, uid, address: undefined, port: undefined });
const inet = (address: string, port: number): CallerIdentity => ({ local: false, uid: undefined, address, port });

describe("portmapper: owners", () => {
  it("are told by the local socket's peer, else by the port", () => {
    const table: [CallerIdentity, string | undefined][] = [
      [local(0), SUPERUSER],
      [local(1000), "1000"],
      [local(), UNKNOWN],
      [inet("127.0.0.1", 1023), SUPERUSER],
      [inet("127.0.0.1", 1024), UNKNOWN],
      [inet("::1", 700), SUPERUSER],
      [inet("10.1.1.1", 700), undefined],
      [inet("fd00::1", 40_000), undefined],
    ];
    for (const [caller, owner] of table) assert.equal(ownerOf(caller), owner, JSON.stringify(caller));
  });

  it("decide who may UNSET", () => {
    const table: [owner: string, caller: string, may: boolean][] = [
      [SUPERUSER, SUPERUSER, true],
      [SUPERUSER, UNKNOWN, false],
      [SUPERUSER, "1000", false],
      ["1000", "1000", true],
      ["1000", "1001", false],
      ["1000", UNKNOWN, false],
      ["1000", SUPERUSER, true],
      [UNKNOWN, UNKNOWN, true],
      [UNKNOWN, "1000", true],
      [UNKNOWN, SUPERUSER, true],
    ];
    for (const [owner, caller, may] of table) assert.equal(mayUnset(owner, caller), may, `${owner} by ${caller}`);
  });
});

import assert from "node:assert/strict";
import { RpcServer } from "tsrpcgen/runtime";
import { encode } from "tsrpcgen/xdr";
import { cPrograms } from "./c-programs.ts";
import { Color, ByBoolCodec, DigestCodec, EverythingCodec, ListCodec, NumbersCodec } from "./gen/types.ts";
import type { List } from "./gen/types.ts";
import {
  TypesProgV1Client,
  TypesProgV1SyncClient,
  TypesProgV2Client,
  TypesProgV2SyncClient,
} from "./gen/types_clnt.ts";
import { typesProgV1Service, typesProgV2Service } from "./gen/types_svc.ts";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { run } from "./namespace.ts";
import { withEachPortmapper } from "./portmappers.ts";
import { Running } from "./process.ts";
import { EVERYTHING, LIST, NUMBERS, UNION } from "./values.ts";

const TRANSPORTS = ["tcp", "udp", "local"] as const;
const BLOB = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function appended(list: List): List {
  return { ...list, next: list.next === null ? { id: list.id + 1, label: "added", next: null } : appended(list.next) };
}

function sum(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(5);
  bytes.forEach((byte, i) => (result[i % 5] = (result[i % 5] ?? 0) ^ byte));
  return result;
}

/** What c/types_client.c prints when each procedure answers as c/types_server.c does. */
const PRINTED = [
  "PING",
  "ECHO_INT -4",
  `ECHO_HYPER ${2n ** 40n - 1n}`,
  "ECHO_DOUBLE -0.25",
  "NEGATE 1",
  "ECHO_STRING SHOUT",
  "ECHO_COLOR -7",
  `REVERSE ${hex(encode(NumbersCodec, NUMBERS.toReversed()))}`,
  `ECHO_UNION ${hex(encode(ByBoolCodec, UNION))}`,
  `APPEND ${hex(encode(ListCodec, appended(LIST)))}`,
  `ECHO_EVERYTHING ${hex(encode(EverythingCodec, EVERYTHING))}`,
  `SUM ${hex(encode(DigestCodec, sum(BLOB)))}`,
  "ADD 42",
  `JOIN left+right+${2n ** 64n - 1n}`,
];

withEachPortmapper("every type", () => {
  describe("a C client calls our server", () => {
    let server: RpcServer;
    before(async () => {
      server = new RpcServer();
      server.add(
        typesProgV1Service({
          ping: () => undefined,
          echoInt: (value) => value + 1,
          echoHyper: (value) => value - 1n,
          echoDouble: (value) => value * 2,
          negate: (value) => !value,
          echoString: (value) => value.toUpperCase(),
          echoColor: (value) => (value === Color.RED ? Color.DEEP : value),
          reverse: (value) => value.toReversed(),
          echoUnion: (value) => value,
          append: (value) => appended(value),
          echoEverything: (value) => value,
          sum: (value) => sum(value),
        }),
      );
      server.add(
        typesProgV2Service({
          add: (one, two) => one + two,
          join: (one, two, number) => `${one}+${two}+${number}`,
        }),
      );
      await server.listen({ portmap: "required" });
    });
    after(() => server.close());

    for (const transport of TRANSPORTS) {
      it(`over ${transport}`, async () => {
        const { stdout } = await run((await cPrograms()).types_client, [transport]);
        assert.deepEqual(stdout.trimEnd().split("\n"), PRINTED);
      });
    }
  });

  describe("our client calls a C server", () => {
    let server: Running;
    before(async () => {
      server = new Running((await cPrograms()).types_server, ["/run/types-c.sock"]);
      await server.line((line) => line === "ready");
    });
    after(() => server.end());

    for (const transport of TRANSPORTS) {
      it(`over ${transport}`, async () => {
        await using one = await TypesProgV1Client.connect({ host: "localhost", transport });
        await one.ping();
        assert.equal(await one.echoInt(-5), -4);
        assert.equal(await one.echoHyper(2n ** 40n), 2n ** 40n - 1n);
        assert.equal(await one.echoDouble(-0.125), -0.25);
        assert.equal(await one.negate(false), true);
        assert.equal(await one.echoString("shout"), "SHOUT");
        assert.equal(await one.echoColor(Color.RED), Color.DEEP);
        assert.deepEqual(await one.reverse(NUMBERS), NUMBERS.toReversed());
        assert.deepEqual(await one.echoUnion(UNION), UNION);
        assert.deepEqual(await one.append(LIST), appended(LIST));
        assert.deepEqual(await one.echoEverything(EVERYTHING), EVERYTHING);
        assert.deepEqual(await one.sum(BLOB), sum(BLOB));
        await using two = await TypesProgV2Client.connect({ host: "localhost", transport });
        assert.equal(await two.add(40, 2), 42);
        assert.equal(await two.join("left", "right", 2n ** 64n - 1n), `left+right+${2n ** 64n - 1n}`);
      });

      it(`over ${transport}, blocking`, function () {
        skipFor(this, whyNoAddon());
        using one = TypesProgV1SyncClient.connect({ host: "localhost", transport });
        one.ping();
        assert.equal(one.echoInt(-5), -4);
        assert.equal(one.echoHyper(2n ** 40n), 2n ** 40n - 1n);
        assert.equal(one.echoDouble(-0.125), -0.25);
        assert.equal(one.negate(false), true);
        assert.equal(one.echoString("shout"), "SHOUT");
        assert.equal(one.echoColor(Color.RED), Color.DEEP);
        assert.deepEqual(one.reverse(NUMBERS), NUMBERS.toReversed());
        assert.deepEqual(one.echoUnion(UNION), UNION);
        assert.deepEqual(one.append(LIST), appended(LIST));
        assert.deepEqual(one.echoEverything(EVERYTHING), EVERYTHING);
        assert.deepEqual(one.sum(BLOB), sum(BLOB));
        using two = TypesProgV2SyncClient.connect({ host: "localhost", transport });
        assert.equal(two.add(40, 2), 42);
        assert.equal(two.join("left", "right", 2n ** 64n - 1n), `left+right+${2n ** 64n - 1n}`);
      });
    }
  });
});

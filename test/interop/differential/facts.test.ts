import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode, encode, XdrError } from "tsrpcgen/xdr";
import { C_TOOLS, needs, run } from "../namespace.ts";
import { generatedCodecs, type GeneratedCodecs, type Place, proceduresOf, specification, typesOf } from "./load.ts";
import { type Answer, Peer } from "./peer.ts";

/** A procedure's declaration, rpcgen's flags, and what rpcgen says of it. */
const REJECTED: readonly (readonly [string, readonly string[], string])[] = [
  ["int F(int, int)", [], "only one argument is allowed"],
  ["int F(int, point *)", [], "only one argument is allowed"],
  ["int F(string *)", ["-N"], "pointer to string not allowed in program arguments"],
  ["int F(point **)", ["-N"], "expected ')'"],
  ["int F(void *)", ["-N"], "expected ')'"],
  ["point *F(void)", ["-N"], "expected 'identifier'"],
  ["string<10> F(void)", ["-N"], "expected 'identifier'"],
  ["int F(void, int)", ["-N"], "illegal use of void in program definition"],
  ["int F(int, void)", ["-N"], "voids allowed only inside union and program definitions with one argument"],
  ["int F(int<5>)", ["-N"], "arrays cannot be declared as arguments to procedures -- use typedef"],
  ["int F(opaque<5>)", ["-N"], "opaque -- illegal argument type"],
];

/** A declaration, rpcgen's flags, whether C's client and server compile, and the routine of the arguments. */
const TAKEN: readonly (readonly [string, readonly string[], boolean, boolean, string])[] = [
  ["int F()", [], true, true, "xdr_void"],
  ["int F()", ["-N"], true, true, "xdr_void"],
  ["int F(int a)", ["-N"], true, true, "xdr_int"],
  ["int F(int a, string b<10>)", ["-N"], true, true, "xdr_f_1_argument"],
  // Plain point, not an optional one.
  ["int F(point *)", [], true, true, "xdr_point"],
  ["int F(point *)", ["-N"], false, true, "xdr_point"],
  ["int F(int, point *)", ["-N"], false, false, "xdr_f_1_argument"],
  ["int F(key)", [], true, true, "xdr_key"],
  ["int F(key)", ["-N"], false, true, "xdr_key"],
  ["int F(int, key)", ["-N"], false, true, "xdr_f_1_argument"],
  ["key F(void)", ["-N"], true, true, "xdr_void"],
  // The bound is not there.
  ["int F(string<10>)", [], true, true, "xdr_wrapstring"],
  ["int F(string a<10>)", ["-N"], true, true, "xdr_wrapstring"],
];

describe("interop: what C rpcgen takes of procedures", function () {
  this.timeout(60_000);
  let folder = "";

  before(needs({ commands: C_TOOLS }));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsrpcgen-facts-"));
  });
  after(async () => {
    if (folder !== "") await rm(folder, { recursive: true, force: true });
  });

  async function rpcgen(declaration: string, ...flags: string[]): Promise<string> {
    const text = `struct point { int x; int y; }; typedef opaque key[5];\nprogram P { version V { ${declaration} = 1; } = 1; } = 0x20001234;\n`;
    await writeFile(join(folder, "f.x"), text);
    return (await run("rpcgen", [...flags, "f.x"], { cwd: folder })).stdout;
  }

  for (const [declaration, flags, message] of REJECTED) {
    it(`${["rpcgen", ...flags].join(" ")} rejects ${declaration}`, async () => {
      await assert.rejects(rpcgen(declaration, ...flags, "-h"), (error: Error & { stderr?: string }) => {
        assert.match(error.stderr ?? "", new RegExp(`f\\.x, line 2: ${message.replaceAll(/[()*]/g, "\\$&")}`));
        return true;
      });
    });
  }

  for (const [declaration, flags, client, server, routine] of TAKEN) {
    it(`${["rpcgen", ...flags].join(" ")} takes ${declaration}: ${routine}`, async () => {
      await writeFile(join(folder, "f.h"), await rpcgen(declaration, ...flags, "-h"));
      const serverText = await rpcgen(declaration, ...flags, "-m");
      assert.equal(/_xdr_argument = \(xdrproc_t\) (\w+);/.exec(serverText)?.[1], routine);
      assert.equal(await compiles(await rpcgen(declaration, ...flags, "-l")), client, "the client stub compiles");
      assert.equal(await compiles(serverText), server, "the server skeleton compiles");
    });
  }

  async function compiles(text: string): Promise<boolean> {
    await writeFile(join(folder, "f.c"), text);
    const { stdout } = await run("pkg-config", ["--cflags", "libtirpc"]);
    return run("gcc", ["-w", "-fsyntax-only", ...stdout.trim().split(/\s+/), "f.c"], { cwd: folder }).then(
      () => true,
      () => false,
    );
  }

  it("an optional argument among several is what the structure of the arguments has", async () => {
    const text = await rpcgen("int F(int a, point *b)", "-N", "-c");
    assert.match(text, /xdr_int \(xdrs, &objp->a\)/);
    assert.match(text, /xdr_pointer \(xdrs, \(char \*\*\)&objp->b, sizeof \(point\), \(xdrproc_t\) xdr_point\)/);
  });
});

describe("interop: strings of procedures in C and here", function () {
  this.timeout(60_000);
  const given = specification("calls/strings");
  const places = proceduresOf(given.model);
  const firstIndex = typesOf(given.model).length;
  let codecs: GeneratedCodecs;
  let peer: Peer | undefined;

  before(needs({ commands: C_TOOLS }));
  before(async () => {
    [codecs, peer] = await Promise.all([generatedCodecs(given), Peer.start(given, { flags: ["-N"] })]);
  });
  after(() => peer?.[Symbol.asyncDispose]());

  function place(name: string): Place {
    const found = places.find(({ procedure }) => procedure.name === name);
    assert.ok(found);
    return found;
  }

  async function inC(name: string, args: Uint8Array, result: Uint8Array): Promise<Answer> {
    assert.ok(peer);
    return peer.ask(firstIndex + places.indexOf(place(name)), args, result);
  }

  const number = Uint8Array.of(0, 0, 0, 7);
  const ofLength = (length: number): Uint8Array => {
    const bytes = Buffer.alloc(4 + Math.ceil(length / 4) * 4);
    bytes.writeUInt32BE(length);
    return bytes.fill("x", 4, 4 + length);
  };
  const tooLong = (error: unknown): boolean => error instanceof XdrError && error.code === "XDR_LENGTH";

  it("C ignores the bound of a single argument, we do not", async () => {
    const { args } = codecs.ofProcedure(place("BOUNDED"));
    assert.deepEqual(encode(args, "x".repeat(10)), new Uint8Array(ofLength(10)));
    for (const length of [11, 9000]) {
      const answer = await inC("BOUNDED", ofLength(length), number);
      assert.equal(answer.status, "done");
      assert.deepEqual(answer.first, new Uint8Array(ofLength(length)));
      assert.throws(() => encode(args, "x".repeat(length)), tooLong);
      assert.throws(() => decode(args, answer.first), tooLong);
    }
  });

  it("C takes 9000 bytes of a bare string and no more, we take any number", async () => {
    const { args, result } = codecs.ofProcedure(place("BARE"));
    const [most, more] = [ofLength(9000), ofLength(9001)];
    assert.equal((await inC("BARE", most, most)).status, "done");
    assert.equal((await inC("BARE", more, most)).status, "C's server does not decode the arguments");
    assert.equal((await inC("BARE", most, more)).status, "C's client does not decode the result");
    for (const codec of [args, result]) {
      assert.deepEqual(encode(codec, "x".repeat(9001)), new Uint8Array(more));
      assert.equal(decode(codec, more), "x".repeat(9001));
    }
  });

  it("C keeps the bound of an argument among several, and has no cap there", async () => {
    const { args } = codecs.ofProcedure(place("AMONG_SEVERAL"));
    const bytes = (bounded: number, bare: number): Uint8Array =>
      Buffer.concat([number, ofLength(bounded), ofLength(bare)]);
    assert.equal((await inC("AMONG_SEVERAL", bytes(10, 9001), number)).status, "done");
    assert.equal((await inC("AMONG_SEVERAL", bytes(11, 1), number)).status, "C's server does not decode the arguments");
    assert.deepEqual(encode(args, [7, "x".repeat(10), "x".repeat(9001)]), new Uint8Array(bytes(10, 9001)));
    assert.throws(() => encode(args, [7, "x".repeat(11), "x"]), tooLong);
    assert.throws(() => decode(args, bytes(11, 1)), tooLong);
  });

  it("C keeps the bound of a typedef", async () => {
    const { args, result } = codecs.ofProcedure(place("BY_TYPEDEF"));
    const [most, more] = [ofLength(10), ofLength(11)];
    assert.equal((await inC("BY_TYPEDEF", most, most)).status, "done");
    assert.equal((await inC("BY_TYPEDEF", more, most)).status, "C's server does not decode the arguments");
    assert.equal((await inC("BY_TYPEDEF", most, more)).status, "C's client does not decode the result");
    for (const codec of [args, result]) assert.throws(() => encode(codec, "x".repeat(11)), tooLong);
  });
});

import assert from "node:assert/strict";
import { analyze } from "../../../src/codegen/front-end.ts";
import { memberName, typeName } from "../../../src/codegen/name-mapping.ts";
import { type NameStyle, nameModel } from "../../../src/codegen/names.ts";

/** The `.x`'s name, as a type, and as a field or a procedure. These never change: users' code has them. */
const table: readonly (readonly [string, string, string])[] = [
  ["READ3res", "READ3res", "read3res"],
  ["DATE_PROG", "DateProg", "dateProg"],
  ["BIN_DATE", "BinDate", "binDate"],
  ["obj_attributes", "ObjAttributes", "objAttributes"],
  ["nfs_fh3", "NfsFh3", "nfsFh3"],
  ["fattr3", "Fattr3", "fattr3"],
  ["NFSPROC3_GETATTR", "Nfsproc3Getattr", "nfsproc3Getattr"],
  ["wcc_data", "WccData", "wccData"],
  ["LOOKUP3resok", "LOOKUP3resok", "lookup3resok"],
  ["Device_Link", "DeviceLink", "deviceLink"],
  ["Create_LinkParms", "CreateLinkParms", "createLinkParms"],
  ["DEVICE_CORE", "DeviceCore", "deviceCore"],
  ["lockDevice", "LockDevice", "lockDevice"],
  ["remote_nonnull_domain", "RemoteNonnullDomain", "remoteNonnullDomain"],
  ["VIR_UUID_BUFLEN", "VirUuidBuflen", "virUuidBuflen"],
  ["PMAPPROC_GETPORT", "PmapprocGetport", "pmapprocGetport"],
  ["pmaplist_ptr", "PmaplistPtr", "pmaplistPtr"],
  ["rpcb", "Rpcb", "rpcb"],
  ["r_netid", "RNetid", "rNetid"],
  ["SCPBallot", "SCPBallot", "scpballot"],
  ["LedgerHeader", "LedgerHeader", "ledgerHeader"],
  ["accountID", "AccountID", "accountID"],
  ["uint256", "Uint256", "uint256"],
  ["a", "A", "a"],
  ["A", "A", "a"],
  ["a_b", "AB", "aB"],
  ["A_B", "AB", "aB"],
  ["x1_y2", "X1Y2", "x1Y2"],
  ["_leading", "Leading", "leading"],
  ["trailing_", "Trailing", "trailing"],
  ["two__underscores", "TwoUnderscores", "twoUnderscores"],
  ["mixedCase_Name", "MixedCaseName", "mixedCaseName"],
  ["HTTPServer", "HTTPServer", "httpserver"],
];

describe("names (they are part of the interface of generated code)", () => {
  for (const [name, type, member] of table) {
    it(`${name}: type ${type}, member ${member}`, () => {
      assert.equal(typeName(name), type);
      assert.equal(memberName(name), member);
    });
  }

  /** The names that a source gives, and the messages of its warnings. */
  function named(
    text: string,
    style?: NameStyle,
  ): { types: string[]; members: string[][]; procedures: string[]; warnings: string[] } {
    const { model, diagnostics } = analyze("names.x", text);
    assert(model !== undefined, diagnostics.map(({ message }) => message).join());
    const { names, diagnostics: collisions } = nameModel(model, style);
    const members = model.definitions.flatMap((it) => {
      if (it.kind === "struct") return [it.fields.map((field) => names.fields.get(field) ?? "?")];
      if (it.kind === "union")
        return [[...it.arms].flatMap((arm) => (arm.field ? [names.fields.get(arm.field) ?? "?"] : []))];
      return [];
    });
    return {
      types: [...names.types.values()].map(({ type }) => type),
      members,
      procedures: [...names.versions.values()].flatMap(({ procedures }) => [...procedures.values()]),
      warnings: collisions.map(({ code, severity, message }) => {
        assert.equal(code, "name-collision");
        assert.equal(severity, "warning");
        return message;
      }),
    };
  }

  it("types that would share a name keep the .x's own, with one warning", () => {
    const { types, warnings } = named("struct foo_bar { int a; }; struct FooBar { int b; };");
    assert.deepEqual(types, ["foo_bar", "FooBar"]);
    assert.deepEqual(warnings, [
      "`foo_bar` and `FooBar` would share the name `FooBar`: they keep their names of the .x",
    ]);
  });

  it("fields that would share a name keep the .x's own, with one warning", () => {
    const { members, warnings } = named("struct s { int a_b; int aB; int c_d; };");
    assert.deepEqual(members, [["a_b", "aB", "cD"]]);
    assert.equal(warnings.length, 1);
  });

  it("a type that is named as another's codec or guard gives way or makes the other give way", () => {
    const { types, warnings } = named("enum color { RED }; struct ColorCodec { int a; }; struct isColor { int b; };");
    assert.equal(new Set(types).size, 3);
    assert(warnings.length > 0);
  });

  it("an arm that is named as its discriminant gets an underscore", () => {
    const { members, warnings } = named("union u switch (int stat) { case 0: int stat; case 1: int other; };");
    assert.deepEqual(members, [["stat_", "other"]]);
    assert.deepEqual(warnings, []);
  });

  it("procedures that a client's own members would hide get an underscore", () => {
    const { procedures } = named(
      "program P { version V { void connection(void) = 1; void then(void) = 2; void constructor(void) = 3; " +
        "void close(void) = 4; void CALL(void) = 5; } = 1; } = 0x20000000;",
    );
    assert.deepEqual(procedures, ["connection_", "then_", "constructor_", "close", "call"]);
  });

  it("verbatim: names are the .x's own, all of them", () => {
    const { types, members, procedures, warnings } = named(
      "struct DATE_PROG_ARGS { int obj_attributes; int READ3res; }; typedef int file_Name; enum node { ROOT };" +
        "union u_u switch (int the_stat) { case 0: int ARM; }; program P { version V { void BIN_DATE(void) = 1; } = 1; } = 0x20000000;",
      "verbatim",
    );
    // An enum is an object as well, which the name of a variable would hide.
    assert.deepEqual(types, ["DATE_PROG_ARGS", "file_Name", "node_", "u_u"]);
    assert.deepEqual(members, [["obj_attributes", "READ3res"], ["ARM"]]);
    assert.deepEqual(procedures, ["BIN_DATE"]);
    assert.deepEqual(warnings, ["`node` can't be declared in TypeScript: `node` is called `node_`"]);
  });

  it("verbatim: what would have to share a name when mapped need not", () => {
    const { types, members, warnings } = named(
      "struct foo_bar { int a_b; int aB; }; struct FooBar { int b; };",
      "verbatim",
    );
    assert.deepEqual(types, ["foo_bar", "FooBar"]);
    assert.deepEqual(members, [["a_b", "aB"], ["b"]]);
    assert.deepEqual(warnings, []);
  });

  it("verbatim: reserved words and the names of codecs give way, with a warning each", () => {
    const { types, warnings } = named(
      "struct readonly { int a; }; struct value { int a; }; struct valueCodec { int a; };",
      "verbatim",
    );
    assert.deepEqual(types, ["readonly_", "value", "valueCodec_"]);
    assert.deepEqual(warnings, [
      "`readonly` can't be declared in TypeScript: `readonly` is called `readonly_`",
      "`value` and `valueCodec` would share the name `valueCodec`: `valueCodec` is called `valueCodec_`",
    ]);
  });

  it("verbatim: the arm named as its discriminant, and procedures of a client's own names, still get an underscore", () => {
    const { members, procedures } = named(
      "union u switch (int stat) { case 0: int stat; }; program P { version V { void then(void) = 1; } = 1; } = 0x20000000;",
      "verbatim",
    );
    assert.deepEqual(members, [["stat_"]]);
    assert.deepEqual(procedures, ["then_"]);
  });

  it("the same file gives the same names each time", () => {
    const text = "struct a_b { int x; }; struct A_b { int x; }; struct AB { int x; };";
    assert.deepEqual(named(text), named(text));
    assert.equal(new Set(named(text).types).size, 3);
  });
});

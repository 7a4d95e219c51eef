/** Passes that can't be read, where that of RPC_XDR can. */
import assert from "node:assert/strict";
import { analyze } from "../../../src/codegen/front-end.ts";
import { briefDefinition } from "./support.ts";

/** Diagnostics as `severity code line`, and the definitions of the model. */
function read(text: string): { found: string[]; defined: string[] | undefined } {
  const { diagnostics, model } = analyze("a.x", text);
  return {
    found: diagnostics.map(
      ({ severity, code, span }) => `${severity} ${code} ${text.slice(0, span.start).split("\n").length}`,
    ),
    defined: model?.definitions.map(briefDefinition),
  };
}

const A = "struct a { int x; };\n";

describe("passes that can't be read", () => {
  it("are left out, with one warning for all that have the same mistake", () => {
    const text = `#if defined(RPC_HDR) || defined(RPC_XDR)\nconst N = 1;\n#else\nconst N 2;\n#endif\n${A}`;
    assert.deepEqual(read(text), {
      found: ["warning pass-left-out 4"],
      defined: ["const N = 1", "struct a { x: int32 }"],
    });
    const [warning] = analyze("a.x", text).diagnostics;
    assert.match(warning?.message ?? "", /^what RPC_SVC, RPC_CLNT and RPC_TBL select is left out.*: expected '='/);
  });

  it("are told of each for its own mistake", () => {
    const text = `#ifdef RPC_SVC\n#error none\n#endif\n#ifdef RPC_CLNT\n#include "none.x"\n#endif\n${A}`;
    assert.deepEqual(read(text), {
      found: ["warning pass-left-out 2", "warning pass-left-out 5"],
      defined: ["struct a { x: int32 }"],
    });
  });

  it("take nothing away that others have", () => {
    const text = `#ifdef RPC_SVC\nconst S = 1;\n#error none\n#endif\n#ifdef RPC_CLNT\nconst C = 1;\n#endif\n${A}`;
    assert.deepEqual(read(text).defined, ["const C = 1", "struct a { x: int32 }"]);
  });

  it("keep an error in the text of all an error, said once", () => {
    assert.deepEqual(read(`#ifdef RPC_HDR\nconst N = 1;\n#endif\nstruct a { int; };\n`).found, ["error syntax 4"]);
  });

  it("are errors where RPC_XDR's can't be read either", () => {
    const text = `#ifdef RPC_HDR\nconst N 1;\n#endif\nstruct a { int; };\n`;
    assert.deepEqual(read(text).found, ["error syntax 2", "error syntax 4"]);
  });

  it("are no reason to take a file that RPC_XDR finds empty", () => {
    assert.deepEqual(read("#ifdef RPC_HDR\nstruct a { int; };\n#endif\n"), {
      found: ["error syntax 2"],
      defined: undefined,
    });
  });
});

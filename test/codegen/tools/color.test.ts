import assert from "node:assert/strict";
import { wantsColor } from "../../../src/codegen/cli/color.ts";

describe("colours of diagnostics", () => {
  const cases: readonly (readonly [env: Readonly<Record<string, string>>, onTerminal: boolean, elsewhere: boolean])[] =
    [
      [{}, true, false],
      [{ TERM: "xterm-256color" }, true, false],
      [{ TERM: "dumb" }, false, false],
      [{ NO_COLOR: "1" }, false, false],
      [{ NO_COLOR: "" }, true, false],
      [{ FORCE_COLOR: "1" }, true, true],
      [{ FORCE_COLOR: "" }, true, true],
      [{ FORCE_COLOR: "0" }, false, false],
      [{ FORCE_COLOR: "false" }, false, false],
      [{ FORCE_COLOR: "3", NO_COLOR: "1", TERM: "dumb" }, true, true],
    ];
  for (const [env, onTerminal, elsewhere] of cases) {
    it(JSON.stringify(env), () => {
      assert.deepEqual([wantsColor(true, env), wantsColor(false, env)], [onTerminal, elsewhere]);
    });
  }
});

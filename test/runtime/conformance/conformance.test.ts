import assert from "node:assert/strict";
import { skipSuite } from "../../interop/namespace.ts";
import type { ConformanceCase } from "./case.ts";
import { CALL_CASES } from "./cases-calls.ts";
import { END_CASES } from "./cases-ends.ts";
import { MESSAGE_CASES } from "./cases-messages.ts";
import { ROWS, type TransportRow } from "./rows.ts";

const CASES: readonly ConformanceCase[] = [...CALL_CASES, ...MESSAGE_CASES, ...END_CASES];

function canRun(row: TransportRow, { needs = [] }: ConformanceCase): boolean {
  return needs.every((capability) => row.cannot[capability] === undefined);
}

/** Cases that a row's transport can't do: a change of it is seen here. */
const LEFT_OUT: Readonly<Record<string, number>> = { "tcp under TLS": 5, pipe: 8, udp: 7, udp6: 7, "in memory": 8 };

for (const row of ROWS) {
  describe(`runtime: conformance of ${row.name}`, () => {
    before(function () {
      if (row.missing !== undefined) skipSuite(this, row.missing);
    });

    for (const each of CASES.filter((one) => canRun(row, one))) {
      it(each.title, () => each.run(row));
    }

    const reasons = Object.values(row.cannot);
    it(`can do ${reasons.length === 0 ? "everything" : `everything, but: ${reasons.join("; ")}`}`, () => {
      const leftOut = CASES.filter((one) => !canRun(row, one)).map(({ title }) => title);
      assert.equal(leftOut.length, LEFT_OUT[row.name] ?? 0, leftOut.join("\n"));
    });
  });
}

import assert from "node:assert/strict";
import { Portmapper } from "../../../src/portmapper/index.ts";
import { PmapProgV2 } from "../../../src/runtime/rpcbind/gen/pmap_prot.ts";
import type { RpcProcedureId } from "../../../src/runtime/index.ts";
import { RpcbprogV3, RpcbprogV4 } from "../../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { missing, run, skipSuite } from "../namespace.ts";
import { REAL, realRpcbind } from "../portmappers.ts";
import { type RawCall, RawCaller, TRANSPORTS } from "./raw.ts";
import { ELSEWHERE, type Row, type Script, callsOf } from "./row.ts";
import { scripts } from "./rows.ts";
import { IndirectService } from "./service.ts";

/* Each procedure of each version over each transport: the same bytes to ours and to rpcbind 1.2.6, and the replies compared. */

const GETTIME = 6;
/** A port that is not of the service: the rows are the same, and it is known when they are declared. */
const rowsOf = scripts(0);

interface Answers {
  /** By script, row and transport. */
  readonly replies: Map<string, string>;
  /** By script: what the service was called with. */
  readonly passedOn: Map<string, string[]>;
}

type Start = (script: Script) => Promise<{ end(): Promise<unknown> }>;

const startOurs: Start = async ({ indirect = false }) => {
  const portmapper = new Portmapper({ indirect: indirect && { maxPerSecond: 10_000 } });
  await portmapper.listen();
  return { end: () => portmapper.close() };
};

const startReal: Start = ({ indirect = false }) => realRpcbind(indirect ? ["-r"] : []);

async function answersOf(start: Start, service: IndirectService): Promise<Answers> {
  const answers: Answers = { replies: new Map(), passedOn: new Map() };
  for (const script of scripts(service.port)) {
    const portmapper = await start(script);
    const caller = new RawCaller();
    service.calls.length = 0;
    try {
      for (const call of (script.setUp ?? []).flatMap(callsOf)) await caller.ask(call);
      for (const [i, row] of script.rows.entries()) {
        for (const call of callsOf(row)) {
          const reply = row.passedOn === true ? await caller.askPassedOn(call) : await caller.ask(call);
          answers.replies.set(keyOf(script, i, call), withoutTime(row, reply));
        }
      }
    } finally {
      await portmapper.end();
    }
    answers.passedOn.set(script.name, [...service.calls]);
  }
  return answers;
}

function keyOf({ name }: Script, row: number, { over }: RawCall): string {
  return `${name} ${row} ${over}`;
}

function withoutTime({ version, procedure }: Row, reply: string): string {
  if (version === 2 || procedure !== GETTIME) return reply;
  const at = reply.length - 8;
  const seconds = Number.parseInt(reply.slice(at), 16);
  return Math.abs(seconds - Date.now() / 1000) < 3600 ? `${reply.slice(0, at)}TIME` : reply;
}

function show(reply: string | undefined): string {
  return reply ?? "was not asked";
}

describe("interop: the table of the portmapper's procedures, ours beside rpcbind's", function () {
  this.timeout(180_000);
  let ours: Answers;
  let real: Answers;

  before(async function () {
    const reason = await missing({ ...REAL.needs, commands: { rpcbind: "rpcbind", ip: "iproute2" } });
    if (reason !== undefined) skipSuite(this, reason);
    await run("ip", ["address", "add", `${ELSEWHERE.udp}/24`, "dev", "lo"]);
    await run("ip", ["address", "add", `${ELSEWHERE.udp6}/64`, "dev", "lo", "nodad"]);
    const service = await IndirectService.listen();
    try {
      real = await answersOf(startReal, service);
      ours = await answersOf(startOurs, service);
    } finally {
      service.close();
      await run("ip", ["address", "delete", `${ELSEWHERE.udp}/24`, "dev", "lo"]);
      await run("ip", ["address", "delete", `${ELSEWHERE.udp6}/64`, "dev", "lo"]);
    }
  });

  it("has every procedure of each version, over each transport", () => {
    const asked = new Set<string>();
    for (const { rows } of rowsOf) {
      for (const row of rows) {
        for (const { over } of callsOf(row)) asked.add(`${row.version} ${row.procedure} ${over}`);
      }
    }
    const versions: readonly Readonly<Record<string, RpcProcedureId>>[] = [PmapProgV2, RpcbprogV3, RpcbprogV4];
    const procedures = versions.flatMap((version) => Object.values(version));
    const wanted = procedures.flatMap(({ version, number }) =>
      TRANSPORTS.map((over) => `${version} ${number} ${over}`),
    );
    assert.equal(wanted.length, (6 + 9 + 13) * TRANSPORTS.length);
    assert.deepEqual(
      wanted.filter((each) => !asked.has(each)),
      [],
    );
  });

  for (const script of rowsOf) {
    describe(script.name, () => {
      for (const [i, row] of script.rows.entries()) {
        const { version, procedure, about, differs } = row;
        for (const call of callsOf(row)) {
          const differsHere = differs !== undefined && (differs.over ?? TRANSPORTS).includes(call.over);
          const title = `${i + 1}. version ${version}, procedure ${procedure}, ${call.over}: ${about}`;
          it(differsHere ? `${title} (differs: ${differs.why})` : title, () => {
            const key = keyOf(script, i, call);
            if (differsHere) {
              assert.equal(show(real.replies.get(key)), differs.real, "rpcbind");
              assert.equal(show(ours.replies.get(key)), differs.ours, "ours");
            } else {
              assert.equal(show(ours.replies.get(key)), show(real.replies.get(key)));
            }
          });
        }
      }
    });
  }

  it("passes on the same calls, with the same credentials", () => {
    assert.deepEqual(ours.passedOn, real.passedOn);
    assert.ok([...ours.passedOn.values()].flat().length > 0);
  });
});

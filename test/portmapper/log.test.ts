import assert from "node:assert/strict";
import { humanLine } from "../../src/portmapper/cli/human-line.ts";
import { MAX_REFUSAL_LINES_PER_SECOND, makeLog } from "../../src/portmapper/cli/log.ts";
import type { LogForm, LogLevel } from "../../src/portmapper/cli/log-options.ts";
import type { PortmapperEvent } from "../../src/portmapper/index.ts";

const origin = { version: 4, procedure: "RPCBPROC_SET", transport: "tcp", peer: "192.0.2.1:7" };
const registration = { program: 100_003, version: 3, netid: "tcp", address: "0.0.0.0.8.1", owner: "superuser" };
const refused: PortmapperEvent = { kind: "refused", origin, reason: "not-local" };

function log(
  form: LogForm,
  level: LogLevel = "info",
): { lines: string[]; event: (event: PortmapperEvent) => void; clock: { ms: number } } {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const { event } = makeLog({ form, level, write: (line) => lines.push(line), now: () => clock.ms });
  return { lines, event, clock };
}

describe("tsrpcbind: the log", () => {
  const events: [PortmapperEvent, string][] = [
    [{ kind: "registered", registration }, "info  registered nfs version 3 at tcp 0.0.0.0.8.1 of superuser"],
    [{ kind: "unregistered", registration }, "info  unregistered nfs version 3 at tcp 0.0.0.0.8.1 of superuser"],
    [
      { kind: "pruned", registration, reason: "no-answer" },
      "warn  removed nfs version 3 at tcp 0.0.0.0.8.1 of superuser: it does not answer",
    ],
    [refused, "warn  refused RPCBPROC_SET from 192.0.2.1:7 over tcp: not-local"],
    [
      { kind: "indirect", origin, program: 100_001, version: 2, procedure: 1 },
      "info  indirect call to rstatd version 2 procedure 1 by RPCBPROC_SET from 192.0.2.1:7 over tcp",
    ],
    [{ kind: "called", origin }, "info  called RPCBPROC_SET from 192.0.2.1:7 over tcp"],
    [
      { kind: "failed", origin, error: new Error("a bug") },
      "error failed at RPCBPROC_SET from 192.0.2.1:7 over tcp: a bug",
    ],
    [{ kind: "restored", registrations: 3 }, "info  restored 3 registrations"],
    [{ kind: "state-outdated", path: "/s" }, "info  /s is from before the system's last start: nothing of it is taken"],
    [
      { kind: "state-damaged", path: "/s", reason: "it is no JSON", setAside: "/s.damaged" },
      "error can't read /s: it is no JSON; it is now /s.damaged",
    ],
    [{ kind: "state-not-written", path: "/s", error: new Error("full") }, "error can't write /s: full"],
  ];
  for (const [event, line] of events) {
    it(`has one line for ${event.kind}, for people and in JSON`, () => {
      const human = log("human");
      human.event(event);
      assert.equal(human.lines.length, 1);
      assert.match(human.lines[0] ?? "", /^\S+Z /);
      assert.equal(human.lines[0]?.replace(/^\S+ /, ""), `${line}\n`);
      const json = log("json");
      json.event(event);
      const { event: kind, msg } = JSON.parse(json.lines.join("")) as { event: string; msg: string };
      assert.deepEqual([kind, msg], [event.kind, line.slice("error ".length)]);
    });
  }

  it("is silent when off, and below its level", () => {
    for (const silent of [log("off"), log("human", "error")]) {
      silent.event(refused);
      assert.deepEqual(silent.lines, []);
    }
  });

  it("says with -d where an error arose, indented", () => {
    const { lines, event } = log("human", "debug");
    event({ kind: "failed", origin, error: new Error("a bug") });
    assert.match(lines[0] ?? "", /: a bug\n {4}Error: a bug\n {4} +at /);
  });

  it("shows a caller's text as text, and in one line", () => {
    const json = JSON.stringify({ time: "T", level: "info", msg: "a\u001b[2J\nT error forged\u202e" });
    assert.equal(humanLine(json), "T info  a\\u{1b}[2J\\u{a}T error forged\\u{202e}\n");
  });

  it("has a bound on lines about refusals a second, and says how many are missing", () => {
    const { lines, event, clock } = log("human");
    for (let count = 0; count < 1000; count++) event(refused);
    assert.equal(lines.length, MAX_REFUSAL_LINES_PER_SECOND);
    event({ kind: "registered", registration });
    assert.equal(lines.length, MAX_REFUSAL_LINES_PER_SECOND + 1, "other events are not bounded");
    clock.ms += 1000;
    event(refused);
    assert.equal(lines.length, MAX_REFUSAL_LINES_PER_SECOND + 3);
    assert.match(lines.at(-2) ?? "", new RegExp(`${1000 - MAX_REFUSAL_LINES_PER_SECOND} more calls refused\n$`));
  });
});

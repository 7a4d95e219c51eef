// A compiler reads Node's headers anew for each file, which takes it ten times as long as what is ours. So the sources are put together, as many
// into one unit as have no name in common.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nativeSources } from "./native.mjs";
import { root } from "./process.mjs";

/** What stands at the begin of a line and declares nothing that another source could declare, too. */
const noDeclaration = /^(?:\s|#|\/\/|\}|namespace\b|using\b|$)/;
/** The name in front of a parameter list, a value, a body or the end, with the class that it is in. */
const declared = /^[^({=;]*?([\w:~]+)\s*(?:\[[^\]]*\]\s*)?[({=;]/;

/** Names of a source's own, besides those that it has in common with its header. */
function namesOf(file) {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return lines
    .filter((line) => !noDeclaration.test(line))
    .flatMap((line) => declared.exec(line.replace(/ final\b| : (?:public|private) .*/g, " {"))?.[1] ?? []);
}

/** Writes the units. @returns their paths */
export function nativeUnits() {
  const units = [];
  for (const file of nativeSources().filter((file) => file.endsWith(".cc"))) {
    const names = namesOf(file);
    let unit = units.find((unit) => !names.some((name) => unit.names.has(name)));
    if (unit === undefined) units.push((unit = { files: [], names: new Set() }));
    unit.files.push(file);
    for (const name of names) unit.names.add(name);
  }
  const folder = join(root, "native/build/units");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return units.map(({ files }, index) => {
    const path = join(folder, `unit${index}.cc`);
    const lines = files.map((file) => `#include "${join(root, file)}"  // NOLINT(bugprone-suspicious-include)\n`);
    writeFileSync(path, lines.join(""));
    return path;
  });
}

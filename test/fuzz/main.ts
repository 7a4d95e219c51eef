/**
 * Tries random inputs, and says for which the program does not hold.
 *
 *     npm run fuzz -- [--seconds N | --iterations N] [--target NAME]... [--seed S] [--slack N]
 *     npm run fuzz -- --list
 *
 * `--seconds`: in all, by turns for each target (default 60). `--iterations`: of each target, however long it takes.
 * `--seed`: that of the first iteration (default: another each time, which is told). `--slack`: how many times the limit of
 * time an input may take (default 2; on a machine with nothing else to do, 1). Exits 1 where there is a fault; its seed
 * with `--iterations 1` repeats it.
 */
import { parseArgs } from "node:util";
import { loadTarget, targetModules } from "./list.ts";
import { watch } from "./watch.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    iterations: { type: "string" },
    target: { type: "string", multiple: true },
    seed: { type: "string" },
    slack: { type: "string", default: "2" },
    list: { type: "boolean", default: false },
  },
});

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < least)
    throw new Error(`--${name} ${text}: not a number`);
  return value;
}

async function fuzz(): Promise<boolean> {
  const names = values.target ?? [...targetModules.keys()];
  const modules = names.map((name) => {
    const module = targetModules.get(name);
    if (module === undefined) throw new Error(`--target ${name}: there are ${[...targetModules.keys()].join(", ")}`);
    return { name, module };
  });
  const seed = values.seed === undefined ? Date.now() >>> 0 : number("seed", values.seed, 0) >>> 0;
  const seconds = number("seconds", values.seconds, 0) / modules.length;
  const until =
    values.iterations === undefined ? { seconds } : { iterations: number("iterations", values.iterations, 1) };
  const slack = number("slack", values.slack, 0);
  let sound = true;
  for (const { name, module } of modules) {
    const result = await watch({ module, seed, until, slack });
    if ("iterations" in result) {
      console.log(`✔ ${name}: ${result.iterations} iterations from seed ${seed}`);
      continue;
    }
    sound = false;
    console.log(`✖ ${name}: ${result.stack}`);
    if (result.about !== "") console.log(`  with: ${result.about}`);
    if (result.input !== "") console.log(`  input: ${result.input}`);
    console.log(`  again: npm run fuzz -- --target ${name} --seed ${result.seed} --iterations 1`);
  }
  return sound;
}

try {
  if (values.list) {
    for (const [name, module] of targetModules) console.log(`${name}: ${(await loadTarget(module)).about}`);
  } else {
    process.exitCode = (await fuzz()) ? 0 : 1;
  }
} catch (error) {
  console.error(`fuzz: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}

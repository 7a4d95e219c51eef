import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./namespace.ts";

/** The checkout: compiled, this file is dist/test/interop/c-programs.js. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const INTEROP = join(ROOT, "test/interop");

/** Files that each program is linked from, beside libtirpc; those of rpcgen are `*_xdr.c`, `*_clnt.c`, `*_svc.c`. */
const PROGRAMS = {
  date_server: ["date_server.c", "serve.c", "date_svc.c"],
  date_client: ["date_client.c", "call.c", "date_clnt.c"],
  date_broadcast: ["date_broadcast.c"],
  types_server: ["types_server.c", "serve.c", "types_svc.c", "types_xdr.c"],
  types_client: ["types_client.c", "values.c", "call.c", "types_clnt.c", "types_xdr.c"],
  types_bytes: ["types_bytes.c", "values.c", "types_xdr.c"],
  probe_server: ["probe_server.c", "serve.c", "probe_svc.c", "probe_xdr.c"],
  probe_calls: ["probe_calls.c", "call.c"],
  probe_who: ["probe_who.c", "call.c", "probe_clnt.c", "probe_xdr.c"],
  probe_batch: ["probe_batch.c", "call.c", "probe_clnt.c", "probe_xdr.c"],
  probe_retry: ["probe_retry.c", "call.c", "probe_clnt.c", "probe_xdr.c"],
  probe_pipeline: ["probe_pipeline.c", "call.c"],
  probe_threads: ["probe_threads.c", "call.c", "probe_clnt.c", "probe_xdr.c"],
  capture: ["capture.c"],
} as const;

/** The programs in test/interop/c, each by its path. */
export type CPrograms = Readonly<Record<keyof typeof PROGRAMS, string>>;

let compiled: Promise<CPrograms> | undefined;

/** Compiles the C programs from the `.x` files by rpcgen, once in a run of the tests. */
export function cPrograms(): Promise<CPrograms> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<CPrograms> {
  const folder = await mkdtemp(join(tmpdir(), "tsrpcgen-interop-"));
  process.on("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await copyFile(join(ROOT, "examples/date.x"), join(folder, "date.x"));
    for (const file of ["types.x", "probe.x"]) await copyFile(join(INTEROP, file), join(folder, file));
    for (const file of await readdir(join(INTEROP, "c"))) {
      await copyFile(join(INTEROP, "c", file), join(folder, file));
    }
    for (const name of ["date", "types", "probe"]) {
      await rpcgen(folder, name, "-h", `${name}.h`);
      await rpcgen(folder, name, "-c", `${name}_xdr.c`);
      await rpcgen(folder, name, "-l", `${name}_clnt.c`);
      await rpcgen(folder, name, "-m", `${name}_svc.c`);
    }
    const { stdout } = await run("pkg-config", ["--cflags", "--libs", "libtirpc"]);
    const flags = stdout.trim().split(/\s+/);
    for (const [program, sources] of Object.entries(PROGRAMS)) {
      // -w: what rpcgen writes is full of unused variables.
      await run("gcc", ["-O1", "-w", "-o", program, ...sources, ...flags], { cwd: folder });
    }
    const paths = Object.keys(PROGRAMS).map((program) => [program, join(folder, program)]);
    return Object.fromEntries(paths) as CPrograms;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** -N: several arguments, passed as they are; -M: results in the caller's memory. */
async function rpcgen(folder: string, name: string, side: string, output: string): Promise<void> {
  await run("rpcgen", ["-N", "-M", side, "-o", output, `${name}.x`], { cwd: folder });
}

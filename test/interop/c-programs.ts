import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./namespace.ts";

/** The checkout: compiled, this file is dist/test/interop/c-programs.js. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const INTEROP = join(ROOT, "test/interop");

/** Files that each program is linked from, beside libtirpc; those of rpcgen are `*_xdr.c`, `*_clnt.c`, `*_svc.c`, `date_main.c`. */
const PROGRAMS = {
  date_server: ["date_server.c", "date_functions.c", "serve.c", "date_svc.c"],
  date_main: ["date_main.c", "date_functions.c"],
  date_client: ["date_client.c", "call.c", "date_clnt.c"],
  date_portmap: ["date_portmap.c", "date_clnt.c"],
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

/** The same, linked without libtirpc: with glibc's own Sun RPC (glibc_sunrpc.h). */
const OLD_PROGRAMS: Readonly<Record<"date_main_old" | "date_portmap_old", readonly string[]>> = {
  date_main_old: PROGRAMS.date_main,
  date_portmap_old: PROGRAMS.date_portmap,
};

/** The processors of which glibc_sunrpc.h knows glibc's first version; on others the old programs are not compiled. */
export const hasOldPrograms: boolean = process.arch === "x64" || process.arch === "arm64";

/** The programs in test/interop/c, each by its path. */
export type CPrograms = Readonly<Record<keyof typeof PROGRAMS | keyof typeof OLD_PROGRAMS, string>>;

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
      await rpcgen(folder, name, "-h", "-o", `${name}.h`);
      await rpcgen(folder, name, "-c", "-o", `${name}_xdr.c`);
      await rpcgen(folder, name, "-l", "-o", `${name}_clnt.c`);
      await rpcgen(folder, name, "-m", "-o", `${name}_svc.c`);
    }
    // A server with rpcgen's own main(): it registers by pmap_unset and svc_register.
    await rpcgen(folder, "date", "-s", "tcp", "-s", "udp", "-o", "date_main.c");
    const [headers, both] = await Promise.all([libtirpc("--cflags"), libtirpc("--cflags", "--libs")]);
    const old = ["-include", "glibc_sunrpc.h", ...headers];
    const programs = [
      ...Object.entries(PROGRAMS).map(([program, sources]) => ({ program, sources, flags: both })),
      ...Object.entries(OLD_PROGRAMS).map(([program, sources]) => ({ program, sources, flags: old })),
    ];
    for (const { program, sources, flags } of programs) {
      if (flags === old && !hasOldPrograms) continue;
      // -w: what rpcgen writes is full of unused variables.
      await run("gcc", ["-O1", "-w", "-o", program, ...sources, ...flags], { cwd: folder });
    }
    return Object.fromEntries(programs.map(({ program }) => [program, join(folder, program)])) as CPrograms;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** -N: several arguments, passed as they are; -M: results in the caller's memory. */
async function rpcgen(folder: string, name: string, ...flags: readonly string[]): Promise<void> {
  await run("rpcgen", ["-N", "-M", ...flags, `${name}.x`], { cwd: folder });
}

async function libtirpc(...what: readonly string[]): Promise<string[]> {
  return (await run("pkg-config", [...what, "libtirpc"])).stdout.trim().split(/\s+/);
}

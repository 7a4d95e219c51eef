/** A C program of rpcgen's output for one `.x` file, compiled and running, that is asked over its standard input. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { run } from "../namespace.ts";
import { proceduresOf, SOURCES, type Specification } from "./load.ts";
import { handlers, table } from "./peer-source.ts";

/** How a request ended, by the numbers of peer.h. */
const STATUSES = [
  "done",
  "C does not decode it",
  "C leaves bytes behind",
  "C does not encode it",
  "xdr_sizeof gives another length",
  "aligned and unaligned memory give different bytes",
  "C's server does not decode the arguments",
  "C's client does not encode the arguments",
  "C's client does not decode the result",
  "C's server does not encode the result",
  "C's server does not reply",
  "C knows no such type or procedure",
] as const;

export type Status = (typeof STATUSES)[number];

export interface Answer {
  readonly status: Status;
  /** Of a type, the value's bytes; of a procedure, the arguments' as C's client sends them. */
  readonly first: Uint8Array;
  /** Of a procedure, the result's bytes as C's server sends them; of a type, none. */
  readonly second: Uint8Array;
}

export interface PeerOptions {
  /** rpcgen's own, such as -N. */
  readonly flags?: readonly string[];
  /** Changes the header that rpcgen wrote before it is compiled. */
  readonly mend?: (header: string) => string;
}

const HEADER_BYTES = 12;

export class Peer implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<void>;
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  #received: Buffer = Buffer.alloc(0);
  #stderr = "";

  private constructor(folder: string) {
    this.#folder = folder;
    this.#child = spawn(join(folder, "peer"), { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout.on("data", (data: Buffer) => {
      this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
      this.#deliver();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    // What can't be written is told by the end of the program.
    this.#child.stdin.on("error", () => undefined);
    this.#closed = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        const error = new Error(`the C program ended by ${signal ?? `exit code ${code ?? ""}`}: ${this.#stderr}`);
        for (const { reject } of this.#waiting.splice(0)) reject(error);
        resolve();
      });
    });
  }

  /** Runs rpcgen and gcc on a file. Its folder goes when the peer is disposed. */
  static async start(specification: Specification, options: PeerOptions = {}): Promise<Peer> {
    const folder = await mkdtemp(join(tmpdir(), "tsrpcgen-differential-"));
    try {
      await compile(folder, specification, options);
      return new Peer(folder);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Sends a request about the `index`th of the model's types and procedures. Rejects where the program has ended. */
  ask(index: number, first: Uint8Array, second: Uint8Array = new Uint8Array()): Promise<Answer> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return Promise.reject(new Error(`the C program is no more: ${this.#stderr}`));
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(index, 0);
    header.writeUInt32BE(first.length, 4);
    header.writeUInt32BE(second.length, 8);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(Buffer.concat([header, first, second]));
    });
  }

  #deliver(): void {
    while (this.#received.length >= HEADER_BYTES) {
      const all = this.#received;
      const middle = HEADER_BYTES + all.readUInt32BE(4);
      const end = middle + all.readUInt32BE(8);
      if (all.length < end) return;
      this.#received = all.subarray(end);
      const status = STATUSES[all.readUInt32BE(0)] ?? "C knows no such type or procedure";
      const bytes = (from: number, to: number): Uint8Array => new Uint8Array(all.subarray(from, to));
      this.#waiting.shift()?.resolve({ status, first: bytes(HEADER_BYTES, middle), second: bytes(middle, end) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
    await this.#closed;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function compile(folder: string, { path, model }: Specification, options: PeerOptions): Promise<void> {
  const { flags = [], mend } = options;
  // rpcgen names the header by the input, and looks for it where it runs.
  await copyFile(path, join(folder, "types.x"));
  for (const file of ["peer.h", "peer.c", "proxy.c"]) await copyFile(join(SOURCES, file), join(folder, file));
  const rpcgen = async (side: string, output: string): Promise<void> => {
    await run("rpcgen", [...flags, side, "-o", output, "types.x"], { cwd: folder });
  };
  const hasProcedures = proceduresOf(model).length > 0;
  await Promise.all([
    rpcgen("-h", "types.h"),
    rpcgen("-c", "types_xdr.c"),
    ...(hasProcedures ? [rpcgen("-l", "types_clnt.c"), rpcgen("-m", "types_svc.c")] : []),
  ]);
  const written = await readFile(join(folder, "types.h"), "utf8");
  const header = mend === undefined ? written : mend(written);
  await writeFile(join(folder, "types.h"), header);
  await writeFile(join(folder, "table.c"), table(model, "types.h"));
  if (hasProcedures) await writeFile(join(folder, "handlers.c"), handlers(header, "types.h"));
  const sources = ["peer.c", "proxy.c", "table.c", "types_xdr.c"];
  if (hasProcedures) sources.push("handlers.c", "types_clnt.c", "types_svc.c");
  const { stdout } = await run("pkg-config", ["--cflags", "--libs", "libtirpc"]);
  // -w: what rpcgen writes is full of unused variables. -Dbool: its in-line code for arrays of bool names no type of C's.
  const gccFlags = ["-O0", "-w", "-Dbool=bool_t", "-o", "peer", ...sources, ...stdout.trim().split(/\s+/)];
  await run("gcc", gccFlags, { cwd: folder });
}

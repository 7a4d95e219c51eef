import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommanderError } from "commander";
import { type CliOptions, parseArguments } from "../../../src/codegen/cli/options.ts";
import { run } from "../../../src/codegen/cli/run.ts";
import { root } from "./golden.ts";

/** Parses a command line in this process. Misuse, `--help` and `--version` throw a `CommanderError`. */
function parse(line: string, printed: { text: string } = { text: "" }): CliOptions {
  const args = line.split(" ").filter((word) => word !== "");
  const write = (text: string): void => void (printed.text += text);
  return parseArguments(args, "1.2.3", (command) => {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  });
}

function refuses(line: string, message: RegExp): void {
  assert.throws(
    () => parse(line),
    (error) => error instanceof CommanderError && error.exitCode === 1 && message.test(error.message),
    line,
  );
}

/** First columns of the tables of the manual page, each code span a flag with its value. */
function documented(): string[] {
  const page = readFileSync(join(root, "docs/tsrpcgen.md"), "utf8");
  const cells = page.split("\n").map((line) => /^\| (`-[^|]*)\|/.exec(line)?.[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""));
}

/** An argument for each placeholder of rpcgen's own help. */
const VALUES: Readonly<Record<string, string>> = {
  size: "0",
  seconds: "5",
  netid: "tcp",
  nettype: "udp",
  outfile: "out.ts",
  path: "/usr/bin",
};

describe("the flags of C rpcgen", () => {
  it("rpcgen --help: each is accepted, and is in the table of docs/tsrpcgen.md", function () {
    const { stdout, error } = spawnSync("rpcgen", ["--help"], { encoding: "utf8" });
    if (error !== undefined) {
      console.log("      skipped: there is no rpcgen (Debian: rpcsvc-proto)");
      this.skip();
    }
    const flags = [...stdout.matchAll(/^(-\S+)(?: (\w+))?\s*\t/gm)].map(([, flag = "", value]) => ({ flag, value }));
    assert(flags.length >= 26, stdout);
    const table = documented();
    for (const { flag, value } of flags) {
      assert(table.includes(value === undefined ? flag : `${flag} ${value}`), `${flag} is not in the table`);
      if (flag === "--help" || flag === "--version") {
        assert.throws(() => parse(flag), { exitCode: 0 });
        continue;
      }
      const given = value === undefined ? flag.replace("name[=value]", "NAME=7") : `${flag} ${VALUES[value] ?? "?"}`;
      const { files } = parse(`${given} date.x`);
      assert.deepEqual(files, ["date.x"], given);
    }
  });

  it("tsrpcgen --help: each option is in the manual page, and each flag of the page is an option", () => {
    const printed = { text: "" };
    assert.throws(() => parse("--help", printed), { exitCode: 0 });
    const options = [...printed.text.matchAll(/^ {2}(-\w)?(?:, )?(--[\w-]+)?/gm)].flatMap(([, short, long]) =>
      [short, long].filter((flag) => flag !== undefined),
    );
    assert(options.length > 20, printed.text);
    const table = documented().map((flag) => (/^(--[\w-]+|-S.|-.)/.exec(flag)?.[0] ?? flag).replace(/^-S.$/, "-S"));
    assert.deepEqual([...new Set(options)].sort(), [...new Set(table)].sort());
  });

  it("letters together, values apart or behind their letter", () => {
    assert.equal(parse("-abC date.x").samples, true);
    assert.equal(parse("-NCaT date.x").table, true);
    assert.equal(parse("date.x -aSs").single, "sample-server");
    for (const line of ["-K 30", "-K30", "-IK 30", "-IK30"]) {
      assert.equal(parse(`${line} -Ss date.x`).sampleServer.idleSeconds, 30, line);
    }
    assert.equal(parse("-Ci 0 -Y /usr/bin -5k date.x").files.length, 1);
  });

  it("-D, -U and --include, in their order", () => {
    const { defines, undefines, include } = parse(
      "-DA -DB=2 -D C=x=y -DD= -U E -UF --include inc --include=../up -c date.x",
    );
    assert.deepEqual(defines, [
      { name: "A", value: "1" },
      { name: "B", value: "2" },
      { name: "C", value: "x=y" },
      { name: "D", value: "" },
    ]);
    assert.deepEqual(undefines, ["E", "F"]);
    assert.deepEqual(include, ["inc", "../up"]);
    refuses("-D date.x", /begins with a name/);
    refuses("-U 1x date.x", /name/);
  });

  it("what means nothing here has a note of one line each; what means something has none", () => {
    const { notes } = parse("-b -5 -C -k -M -i 3 -Y /lib -N -a -I -K 9 -L -s tcp date.x");
    assert.deepEqual(notes.map((note) => note.slice(0, 4)).sort(), [
      "-5: ",
      "-C: ",
      "-M: ",
      "-Y: ",
      "-b: ",
      "-i: ",
      "-k: ",
    ]);
    for (const note of notes) assert.match(note, /^-\w: [^\n]{20,110}$/);
    const { notes: idle } = parse("-I -K 9 -L -l -T date.x");
    assert.deepEqual(idle.map((note) => note.slice(0, 2)), ["-K", "-I", "-L", "-T"]); // prettier-ignore
  });

  it("-s and -n choose the sample server's transports, and add up", () => {
    const transports = (line: string): readonly string[] => parse(`${line} -Ss date.x`).sampleServer.transports ?? [];
    assert.deepEqual(transports(""), []);
    assert.deepEqual(transports("-s tcp -s udp"), ["tcp", "udp"]);
    assert.deepEqual(transports("-s visible"), ["tcp", "udp", "tcp6", "udp6"]);
    assert.deepEqual(transports("-s netpath"), ["tcp", "udp", "tcp6", "udp6"]);
    assert.deepEqual(transports("-s circuit_v -n tcp"), ["tcp", "tcp6"]);
    assert.deepEqual(transports("-s circuit_n"), ["tcp", "tcp6"]);
    assert.deepEqual(transports("-s datagram_v"), ["udp", "udp6"]);
    assert.deepEqual(transports("-s datagram_n -n local"), ["udp", "udp6", "local"]);
    assert.deepEqual(transports("-n unix -n ticotsord -n ticots"), ["local"]);
    refuses("-s foo date.x", /netpath, visible, circuit_v, circuit_n, datagram_v, datagram_n, tcp, udp\./);
    refuses("-s constructor date.x", /It is one of/);
    refuses("-s raw date.x", /raw is within one process/);
    refuses("-n foo date.x", /tcp, udp, tcp6, udp6, local/);
    refuses("-n ticlts date.x", /local is a stream/);
  });

  it("-K: seconds; a negative number is never", () => {
    assert.equal(parse("-K -1 -Ss date.x").sampleServer.idleSeconds, Infinity);
    assert.equal(parse("-K 0 -Ss date.x").sampleServer.idleSeconds, 0);
    for (const bad of ["x", "1.5", "1e3", "99999999999"]) refuses(`-K ${bad} date.x`, /number of seconds/);
  });

  it("one output: -t, -Sm; -s or -n alone give the server side, as in C", () => {
    assert.equal(parse("-t date.x").single, "table");
    assert.equal(parse("-Sm date.x").single, "makefile");
    assert.equal(parse("-s tcp date.x").single, "service");
    assert.equal(parse("-n tcp -o date_svc.ts date.x").single, "service");
    assert.equal(parse("-s tcp -a date.x").single, undefined);
    refuses("-t -l date.x", /only one of .*-t/);
    refuses("-Sx date.x", /-Sc, -Ss or -Sm/);
  });

  it("standard input is for -h, -c and --emit: other modules need a name to import", () => {
    assert.deepEqual(parse("-h").files, ["-"]);
    assert.deepEqual(parse("-c -o date.ts").files, ["-"]);
    refuses("", /missing required argument/);
    refuses("-l", /missing required argument/);
    refuses("-l -", /standard input has no name/);
  });
});

describe("command lines as they stand in build scripts for C", function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-flags-"));
    cpSync(join(root, "examples/date.x"), join(folder, "date.x"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs a command line, `@` being the folder. */
  async function tsrpcgen(line: string): Promise<{ out: string; err: string }> {
    let [out, err] = ["", ""];
    const code = await run(parse(line.replaceAll("@", folder)), {
      out: (text) => Promise.resolve(void (out += text)),
      err: (text) => void (err += text),
      color: false,
    });
    assert.equal(code, 0, err);
    return { out, err };
  }

  const files = (): string[] => readdirSync(folder).sort();
  const text = (name: string): string => readFileSync(join(folder, name), "utf8");

  it("rpcgen -C -M -N -a date.x", async () => {
    const { out, err } = await tsrpcgen("-C -M -N -a @/date.x");
    assert.equal(out, "");
    assert.match(err, /^tsrpcgen: -C: .*\ntsrpcgen: -M: .*\n$/);
    const all = [
      "Makefile.date",
      "date.ts",
      "date.x",
      "date_client.ts",
      "date_clnt.ts",
      "date_server.ts",
      "date_svc.ts",
    ];
    assert.deepEqual(files(), all);
  });

  it("rpcgen -h -o date.h date.x: TypeScript, under the name that is asked for", async () => {
    const { out, err } = await tsrpcgen("-h -o @/date.h @/date.x");
    assert.equal(out + err, "");
    assert.match(text("date.h"), /export const DATE_PROG = 0x31237;/);
  });

  it("rpcgen -I -K 60 -s tcp -s udp -Ss -o x.ts date.x", async () => {
    const { err } = await tsrpcgen("-I -K 60 -s tcp -s udp -Ss -o @/x.ts @/date.x");
    assert.equal(err, "");
    assert.match(text("x.ts"), /idleTimeoutMs: inherited === undefined \? Infinity : 60 \* 1000,/);
    assert.match(text("x.ts"), /server\.listen\(\{ local: false \}\)/);
  });

  it("rpcgen -I -a date.x: C's two minutes; rpcgen -K -1 -I: never", async () => {
    assert.match((await tsrpcgen("-I -Ss @/date.x")).out, /Infinity : 120 \* 1000/);
    assert.doesNotMatch((await tsrpcgen("-I -K -1 -Ss @/date.x")).out, /idleTimeoutMs/);
    assert.match((await tsrpcgen("-K 5 -Ss @/date.x")).out, /new RpcServer\(\{ idleTimeoutMs: 5 \* 1000 \}\)/);
  });

  it("rpcgen -s tcp -s udp -o date_svc.ts date.x: the skeleton, with a note", async () => {
    const { err } = await tsrpcgen("-s tcp -s udp -o @/date_svc.ts @/date.x");
    assert.match(err, /^tsrpcgen: -s: .*sample server.*\n$/);
    assert.deepEqual(files(), ["date.x", "date_svc.ts"]);
    assert.match(text("date_svc.ts"), /export function dateProgV1Service/);
  });

  it("rpcgen -t date.x and rpcgen -T date.x give the same table", async () => {
    await tsrpcgen("-T @/date.x");
    assert.deepEqual(files(), ["date.ts", "date.x", "date_clnt.ts", "date_svc.ts", "date_tbl.ts"]);
    assert.equal((await tsrpcgen("-t @/date.x")).out, text("date_tbl.ts"));
    assert.match(text("date_tbl.ts"), /= \[DateProgV1\.binDate, DateProgV1\.strDate\];/);
  });

  it("a file without a program has no table, and no samples", async () => {
    writeFileSync(join(folder, "point.x"), "struct point { int x; };\n");
    await tsrpcgen("-aT @/point.x");
    assert.deepEqual(files(), ["Makefile.point", "date.x", "point.ts", "point.x"]);
  });

  it("-a keeps a makefile that exists; without any of these flags the sample is what it was", async () => {
    writeFileSync(join(folder, "Makefile.date"), "mine");
    const { err } = await tsrpcgen("-a @/date.x");
    assert.match(err, /Makefile\.date exists and is kept/);
    assert.equal(text("Makefile.date"), "mine");
    assert.match(text("date_server.ts"), /const server = new RpcServer\(\);\n[^]*await server\.listen\(\)\) \{\n/);
  });

  describe("the makefile", () => {
    it("-Sm names what there is to make, from where it lies", async () => {
      const { out } = await tsrpcgen("-Sm -T @/date.x");
      assert.match(out, /^SOURCES\.x = date\.x\nTARGETS = date\.ts date_clnt\.ts date_svc\.ts date_tbl\.ts\n/m);
      assert.match(out, /^TSRPCGENFLAGS = -T\n/m);
      await tsrpcgen("-Sm -o @/out/GNUmakefile @/date.x");
      assert.match(text("out/GNUmakefile"), /^SOURCES\.x = \.\.\/date\.x\n/m);
      assert.match(text("out/GNUmakefile"), /^TSRPCGENFLAGS = -o \.\n/m);
    });

    it("a name can't be taken for anything else", async () => {
      const name = "a $(shell touch hacked)`touch hacked`;#'.x";
      cpSync(join(folder, "date.x"), join(folder, name));
      const { out } = await makefileOf(join(folder, name));
      assert.match(out, /^SOURCES\.x = a\?\?\?shell\?touch\?hacked\?\?touch\?hacked\?\?\?\?\.x$/m);
    });

    it("make runs tsrpcgen where a module is older, and the compiler", async function () {
      if (spawnSync("make", ["--version"]).error !== undefined) {
        console.log("      skipped: there is no make");
        this.skip();
      }
      await tsrpcgen("-Sm -o @/Makefile.date @/date.x");
      const generator = `${process.execPath} ${join(root, "bin/tsrpcgen.js")}`;
      // The compiler is shown by the tests of compilation.
      const args = ["-f", "Makefile.date", `TSRPCGEN=${generator}`, "TSC=echo tsc"];
      const make = (...more: string[]): string =>
        spawnSync("make", [...args, ...more], { cwd: folder, encoding: "utf8" }).stdout;
      assert.match(
        make(),
        /bin\/tsrpcgen\.js +date\.x\n[^]*^tsc --target ES2022 .* date\.ts date_clnt\.ts date_svc\.ts date_client\.ts/m,
      );
      assert.deepEqual(files(), ["Makefile.date", "date.ts", "date.x", "date_clnt.ts", "date_svc.ts"]);
      writeFileSync(join(folder, "tsconfig.json"), "{}");
      const second = make();
      assert.doesNotMatch(second, /tsrpcgen\.js/);
      assert.match(second, /^tsc --project \.$/m);
      make("clean");
      assert(!existsSync(join(folder, "date_svc.ts")));
    });

    async function makefileOf(path: string): Promise<{ out: string }> {
      let out = "";
      const options = { ...parse("-Sm date.x"), files: [path] };
      await run(options, { out: (piece) => Promise.resolve(void (out += piece)), err: () => undefined, color: false });
      return { out };
    }
  });

  it("tsrpcgen -h < date.x", () => {
    const program = join(root, "bin/tsrpcgen.js");
    const input = readFileSync(join(folder, "date.x"));
    const { stdout, status } = spawnSync(process.execPath, [program, "-h"], { cwd: folder, input, encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^\/\/ Generated by tsrpcgen from <stdin>\./);
    assert.match(stdout, /export const DateProgV1: /);
    const bad = spawnSync(process.execPath, [program, "-h"], { cwd: folder, input: "struct {", encoding: "utf8" });
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /^<stdin>:1:8: error: /);
    assert.deepEqual(files(), ["date.x"]);
  });
});

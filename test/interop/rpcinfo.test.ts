import assert from "node:assert/strict";
import { RpcServer } from "tsrpcgen/runtime";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { missing, skipSuite, run } from "./namespace.ts";
import { OURS, REAL } from "./portmappers.ts";
import type { PortmapperKind } from "./portmappers.ts";
import { WITH_PORTMAPPER } from "./rpcinfo-forms.ts";

/** They ask for nothing but what is registered, and whether it answers. 201271 is the date program. */
const FORMS = WITH_PORTMAPPER;

/** Ports and the paths of sockets differ from run to run. */
function normalised(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) =>
      line
        .replace(/(?<=^ +\d+ +\d+ +(?:tcp|udp) +)\d{4,5}(?= |$)/, "PORT")
        .replace(/(?:0\.0\.0\.0|127\.0\.0\.1)\.\d+\.\d+ +(?=-(?: |$))/, "ADDRESS ")
        .replace(/\/(?:run|tmp)\/(?!rpcbind\.sock)\S+ +(?=- )/, "PATH "),
    );
}

async function rpcinfo(args: readonly string[]): Promise<{ status: number; lines: string[] }> {
  try {
    const { stdout, stderr } = await run("rpcinfo", args, { timeout: 20_000 });
    return { status: 0, lines: normalised(stdout + stderr) };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== "number") throw error;
    return { status: code, lines: normalised(stdout + stderr) };
  }
}

async function outputs({ start }: PortmapperKind): Promise<Map<string, unknown>> {
  const portmapper = await start();
  try {
    await using server = new RpcServer();
    server.add(dateProgV1Service({ binDate: () => 0, strDate: () => "" }));
    await server.listen({ portmap: "required" });
    const outputsByForm = new Map<string, unknown>();
    for (const form of FORMS) outputsByForm.set(form.join(" "), await rpcinfo(form));
    return outputsByForm;
  } finally {
    await portmapper.end();
  }
}

describe("interop: rpcinfo prints the same of ours as of rpcbind", function () {
  this.timeout(60_000);
  let ours = new Map<string, unknown>();
  let real = new Map<string, unknown>();

  before(async function () {
    const reason = await missing({ ...REAL.needs, commands: { rpcbind: "rpcbind", rpcinfo: "rpcbind" } });
    if (reason !== undefined) skipSuite(this, reason);
    ours = await outputs(OURS);
    real = await outputs(REAL);
  });

  for (const form of FORMS) {
    it(["rpcinfo", ...form.map((word) => (word === "" ? '""' : word))].join(" "), () => {
      assert.deepEqual(ours.get(form.join(" ")), real.get(form.join(" ")));
    });
  }
});

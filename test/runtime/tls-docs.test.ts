import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { RpcServer, connect, method, rpcService } from "../../src/runtime/index.ts";
import * as runtime from "../../src/runtime/index.ts";
import { stringCodec, voidCodec } from "../../src/xdr/index.ts";
import { root } from "../codegen/back/golden.ts";
import { needs } from "../interop/namespace.ts";
import { TestAuthority } from "./certificates.ts";
import { type Pki, makePki } from "./tls-support.ts";

const WHO = {
  ...{ program: 0x2000_0077, programName: "SECRET_PROG", version: 1, number: 1, name: "WHO_AM_I" },
  ...{ args: voidCodec, result: stringCodec },
};

type WhoAmI = (ctx: runtime.RpcContext) => string;

/** What the generator makes of a program with one procedure. */
const secretProgV1Service = ({ whoAmI }: { whoAmI: WhoAmI }): runtime.RpcService =>
  rpcService("SECRET_PROG", WHO.program, WHO.version, [method(WHO, whoAmI, (handler, _, ctx) => handler(ctx))]);

const SecretProgV1Client = {
  connect: async (to: runtime.ConnectOptions) => {
    const connection = await connect({ program: WHO.program, version: WHO.version }, to);
    return { whoAmI: () => connection.call(WHO, undefined), [Symbol.asyncDispose]: () => connection.close() };
  },
};

/** Runs a piece of TypeScript that is JavaScript, with names, and gives one of its own. */
async function evaluate(code: string, names: Readonly<Record<string, unknown>>, result: string): Promise<unknown> {
  const text = `return (async () => { ${code}\nreturn ${result}; })();`;
  const run = compileFunction(text, Object.keys(names)) as (...values: unknown[]) => Promise<unknown>;
  return run(...Object.values(names));
}

describe("docs/tls.md", () => {
  let pki: Pki;

  before(needs({ commands: { openssl: "openssl" } }));
  before(() => {
    pki = makePki();
  });
  after(() => {
    pki.remove();
  });

  it("its examples run", async () => {
    const text = readFileSync(join(root, "docs/tls.md"), "utf8");
    const [serve = "", call = "", replace = "", ...others] = [...text.matchAll(/```ts\n(.*?)```/gs)].map(
      ([, code = ""]) => code,
    );
    assert.deepEqual(others, []);
    const ca = pki.authority.cert;
    const names = { RpcServer, secretProgV1Service, ...pki.server, ca };
    await using server = (await evaluate(serve, names, "server")) as RpcServer;
    const [bound] = await server.listen({ host: "127.0.0.1", udp: false, local: false, portmap: "off" });
    const printed: unknown[] = [];
    // `await using` is no JavaScript that Node 20 reads.
    const calling = call.replace("await using", "const");
    const to = { SecretProgV1Client, host: "127.0.0.1", port: bound?.port, ca, identity: pki.client };
    const console = { log: (line: unknown) => printed.push(line) };
    const ask = async (trusted: string): Promise<void> => {
      const client = await evaluate(calling, { ...to, ca: trusted, console }, "client");
      await (client as AsyncDisposable)[Symbol.asyncDispose]();
    };
    await ask(ca);
    assert.deepEqual(printed, [/\/\/ (.*)/.exec(call)?.[1]]);
    const later = new TestAuthority("later");
    await evaluate(replace, { server, renewed: later.sign("later", "IP:127.0.0.1"), ca }, "undefined");
    await ask(later.cert);
    assert.equal(printed.length, 2);
    later.remove();
  });
});

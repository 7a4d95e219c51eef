import assert from "node:assert/strict";
import { createSecureContext } from "node:tls";
import { type ClientTlsOptions, RpcError, type ServerTlsOptions, connect } from "../../src/runtime/index.ts";
import { needs } from "../interop/namespace.ts";
import { ECHO, SERVICE, serve } from "./support.ts";
import { type Pki, makePki } from "./tls-support.ts";

describe("runtime: RPC-with-TLS, functions of its user's", () => {
  let pki: Pki;

  before(needs({ commands: { openssl: "openssl" } }));
  before(() => {
    pki = makePki();
  });
  after(() => {
    pki.remove();
  });

  /** One call to `localhost`, whose certificate has that name and its address. */
  async function call(client: Partial<ClientTlsOptions>, server: Partial<ServerTlsOptions> = {}): Promise<number> {
    const { server: serving, to } = await serve("tcp", undefined, { tls: { ...pki.server, ...server } });
    try {
      const tls = { ca: pki.authority.cert, ...client };
      await using connection = await connect(SERVICE, { ...to, host: "localhost", timeoutMs: 3000, tls });
      return await connection.call(ECHO, 5);
    } finally {
      await serving.close();
    }
  }

  it("what checkServerIdentity throws is the cause of the connection's failure", async () => {
    const thrown = new Error("not that one");
    const checkServerIdentity = (): never => {
      throw thrown;
    };
    await assert.rejects(call({ checkServerIdentity }), { code: "RPC_CANTCONNECT", cause: thrown });
  });

  it("options that are there and undefined are as those that are not", async () => {
    // As a user's tsconfig without exactOptionalPropertyTypes lets them pass.
    const unset = { checkServerIdentity: undefined, servername: undefined, rejectUnauthorized: undefined };
    assert.equal(await call(unset as object), 5);
    assert.equal(await call({}, { SNICallback: undefined }), 5);
    await assert.rejects(call({ ...unset, ca: pki.stranger.cert } as object), {
      code: "RPC_CANTCONNECT",
    });
  });

  it("servername takes an address, too, which is no name for SNI", async () => {
    const warnings: string[] = [];
    const warned = ({ message }: Error): void => void warnings.push(message);
    process.on("warning", warned);
    assert.equal(await call({ servername: "127.0.0.1" }), 5);
    await assert.rejects(call({ servername: "127.0.0.2" }), { code: "RPC_CANTCONNECT" });
    await new Promise(setImmediate); // warnings come in a later tick
    process.off("warning", warned);
    assert.deepEqual(warnings, []);
  });

  it("SNICallback chooses the certificate by the name", async () => {
    const names: string[] = [];
    const { cert, key } = pki.server;
    const choose: ServerTlsOptions["SNICallback"] = (name, done) => {
      names.push(name);
      done(null, createSecureContext({ cert, key }));
    };
    assert.equal(await call({}, { SNICallback: choose }), 5);
    assert.deepEqual(names, ["localhost"]);
  });

  const failing = {
    throws: () => {
      throw new Error("no such name");
    },
    rejects: () => Promise.reject(new Error("no such name")),
  };
  for (const [what, choose] of Object.entries(failing)) {
    it(`an SNICallback that ${what} fails that handshake alone`, async () => {
      // An unhandled rejection would be the test's failure, and the end of a server's process.
      await assert.rejects(call({}, { SNICallback: choose as unknown as () => void }), (error) => {
        assert(error instanceof RpcError);
        assert.equal(error.code, "RPC_CANTCONNECT");
        assert.match(error.message, /the TLS handshake failed/); // and not: no connection within 3000 ms
        return true;
      });
    });
  }
});

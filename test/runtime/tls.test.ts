import assert from "node:assert/strict";
import { connect, type ConnectOptions, type ServerTlsOptions, type TlsMode } from "../../src/runtime/index.ts";
import { needs } from "../interop/namespace.ts";
import { TestAuthority } from "./certificates.ts";
import { BLOB, ECHO, RUN, SERVICE, serve, testService } from "./support.ts";
import { type Pki, makePki } from "./tls-support.ts";

type Outcome = "clear" | "TLS" | "AUTH_TOOWEAK" | "RPC_CANTCONNECT";

/** What comes of the modes of a client and of a server. */
const MODES: readonly (readonly [client: TlsMode, server: TlsMode, outcome: Outcome])[] = [
  ["off", "off", "clear"],
  ["off", "opportunistic", "clear"],
  ["off", "required", "AUTH_TOOWEAK"],
  ["opportunistic", "off", "clear"],
  ["opportunistic", "opportunistic", "TLS"],
  ["opportunistic", "required", "TLS"],
  ["required", "off", "RPC_CANTCONNECT"],
  ["required", "opportunistic", "TLS"],
  ["required", "required", "TLS"],
];

describe("runtime: RPC-with-TLS", () => {
  let pki: Pki;

  before(needs({ commands: { openssl: "openssl" } }));
  before(() => {
    pki = makePki();
  });
  after(() => {
    pki.remove();
  });

  const serveTls = (tls: ServerTlsOptions, service = testService()): ReturnType<typeof serve> =>
    serve("tcp", service, { tls: { ...pki.server, ...tls } });

  for (const [client, server, outcome] of MODES) {
    it(`client ${client}, server ${server}: ${outcome}`, async () => {
      const seen: boolean[] = [];
      const service = testService((arg, ctx) => {
        seen.push(ctx.encrypted);
        return arg + 1;
      });
      const { server: serving, to } = await serveTls({ mode: server }, service);
      const connecting = connect(SERVICE, { ...to, tls: { mode: client, ca: pki.authority.cert } });
      try {
        if (outcome === "RPC_CANTCONNECT") {
          await assert.rejects(
            connecting,
            (error: { code?: string; message: string; cause?: { authStat?: string } }) => {
              assert.equal(error.code, "RPC_CANTCONNECT");
              assert.match(error.message, /TLS is required, and the server does not offer it: .*AUTH_REJECTEDCRED/);
              assert.equal(error.cause?.authStat, "AUTH_REJECTEDCRED");
              return true;
            },
          );
          return;
        }
        await using connection = await connecting;
        if (outcome === "AUTH_TOOWEAK") {
          await assert.rejects(connection.call(RUN, 1), { code: "RPC_AUTHERROR", authStat: "AUTH_TOOWEAK" });
          assert.deepEqual(seen, []);
          return;
        }
        assert.equal(await connection.call(RUN, 1), 2);
        assert.equal(connection.encrypted, outcome === "TLS");
        assert.deepEqual(seen, [outcome === "TLS"]);
      } finally {
        await serving.close();
      }
    });
  }

  it("over udp nothing is secure: required refuses it on both sides, opportunistic takes it", async () => {
    const { server, to } = await serve("udp", undefined, { tls: { ...pki.server } });
    await assert.rejects(connect(SERVICE, { ...to, tls: "required" }), {
      code: "RPC_CANTCONNECT",
      message: /TLS is required, and goes over tcp alone, not over udp/,
    });
    await using connection = await connect(SERVICE, { ...to, tls: "opportunistic" });
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_AUTHERROR", authStat: "AUTH_TOOWEAK" });
    server.setTls({ ...pki.server, mode: "opportunistic" });
    assert.equal(await connection.call(ECHO, 1), 1);
    await server.close();
  });

  it("over local a server that requires it stays open, a client that requires it does not take it", async () => {
    const { server, to } = await serve("local", undefined, { tls: { ...pki.server } });
    await using connection = await connect(SERVICE, to);
    assert.equal(await connection.call(ECHO, 1), 1);
    assert.equal(connection.encrypted, false);
    await assert.rejects(connect(SERVICE, { ...to, tls: "required" }), { code: "RPC_CANTCONNECT" });
    await server.close();
  });

  it("options that are none are errors before anybody is asked", async () => {
    await assert.rejects(connect(SERVICE, { port: 1, tls: "requierd" as TlsMode }), RangeError);
    await assert.rejects(serve("tcp", undefined, { tls: {} }), TypeError);
    await assert.rejects(
      serve("tcp", undefined, { tls: { ...pki.server, key: pki.client.key } }),
      /key values mismatch/,
    );
  });

  describe("the server's certificate", () => {
    for (const mode of ["opportunistic", "required"] as const) {
      const rejected = async (tls: object, host: string, code: string): Promise<void> => {
        const { server, to } = await serveTls({ mode: "opportunistic" });
        await assert.rejects(
          connect(SERVICE, { ...to, host, tls: { mode, ...tls } }),
          (error: { code?: string; message: string; cause?: { code?: string } }) => {
            assert.equal(error.code, "RPC_CANTCONNECT");
            assert.match(error.message, /the TLS handshake failed/);
            assert.equal(error.cause?.code, code);
            return true;
          },
        );
        await server.close();
      };

      it(`of another name is an error, ${mode}`, () =>
        rejected({ ca: pki.authority.cert, servername: "other.example" }, "127.0.0.1", "ERR_TLS_CERT_ALTNAME_INVALID"));
      it(`of another authority is an error, ${mode}`, () =>
        rejected({ ca: pki.stranger.cert }, "127.0.0.1", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
      it(`of no authority that the system knows is an error, ${mode}`, () =>
        rejected({}, "127.0.0.1", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
    }

    const reach = async (to: ConnectOptions): Promise<boolean> => {
      await using connection = await connect(SERVICE, to);
      return connection.encrypted;
    };

    it("names the host that was given, not the address that it resolved to", async () => {
      const { server, to } = await serve("tcp", undefined, { tls: pki.authority.sign("name", "DNS:localhost") });
      const tls = { ca: pki.authority.cert };
      assert.equal(await reach({ ...to, host: "localhost", tls }), true);
      await assert.rejects(reach({ ...to, host: "127.0.0.1", tls }), { code: "RPC_CANTCONNECT" });
      assert.equal(await reach({ ...to, host: "127.0.0.1", tls: { ...tls, servername: "localhost" } }), true);
      server.setTls(pki.authority.sign("address", "IP:127.0.0.1"));
      assert.equal(await reach({ ...to, host: "127.0.0.1", tls }), true);
      await assert.rejects(reach({ ...to, host: "localhost", tls }), { code: "RPC_CANTCONNECT" });
      await server.close();
    });

    it("is checked by checkServerIdentity, and by nothing with rejectUnauthorized: false", async () => {
      const { server, to } = await serveTls({});
      const asked: string[] = [];
      const checkServerIdentity = (host: string): Error => {
        asked.push(host);
        return new Error("not this one");
      };
      await assert.rejects(reach({ ...to, tls: { ca: pki.authority.cert, checkServerIdentity } }), /not this one/);
      assert.deepEqual(asked, ["127.0.0.1"]);
      assert.equal(await reach({ ...to, tls: { rejectUnauthorized: false } }), true);
      await server.close();
    });

    it("is replaced without a restart: open connections live on, one that is none changes nothing", async () => {
      const { server, to } = await serveTls({});
      const later = new TestAuthority("later");
      const before = { ...to, tls: { ca: pki.authority.cert } };
      await using old = await connect(SERVICE, before);
      server.setTls(later.sign("later", "IP:127.0.0.1"));
      assert.throws(() => server.setTls({ cert: "nonsense", key: "nonsense" }));
      assert.equal(await old.call(ECHO, 1), 1);
      await assert.rejects(reach(before), { code: "RPC_CANTCONNECT" });
      assert.equal(await reach({ ...to, tls: { ca: later.cert } }), true);
      later.remove();
      await server.close();
    });
  });

  describe("a client's certificate", () => {
    const certificates: (string | undefined)[] = [];
    const service = testService((arg, { caller }) => {
      certificates.push(caller.certificate?.subjectAltName);
      return arg;
    });

    beforeEach(() => {
      certificates.length = 0;
    });

    it("is what the caller is known by, where it is valid", async () => {
      const asking = { ca: pki.authority.cert, requestCert: true, rejectUnauthorized: false };
      const { server, to } = await serveTls(asking, service);
      const call = async (tls: object): Promise<void> => {
        await using connection = await connect(SERVICE, { ...to, tls: { ca: pki.authority.cert, ...tls } });
        await connection.call(RUN, 1);
      };
      await call(pki.client);
      await call({});
      await call(pki.stranger.sign("intruder", "DNS:client.example"));
      assert.deepEqual(certificates, ["DNS:client.example", undefined, undefined]);
      server.setTls({ ...pki.server, ca: pki.authority.cert });
      await call(pki.client);
      assert.equal(certificates[3], undefined, "nobody asked for it");
      await server.close();
    });

    it("is needed with requestCert", async () => {
      const { server, to } = await serveTls({ ca: pki.authority.cert, requestCert: true }, service);
      const call = async (tls: object): Promise<number> => {
        await using connection = await connect(SERVICE, { ...to, tls: { ca: pki.authority.cert, ...tls } });
        return await connection.call(RUN, 1);
      };
      assert.equal(await call(pki.client), 1);
      // In TLS 1.3 the client has its connection before the server has seen the certificate.
      await assert.rejects(call({}), { name: "RpcError" });
      await assert.rejects(call(pki.stranger.sign("intruder", "DNS:client.example")), { name: "RpcError" });
      assert.deepEqual(certificates, ["DNS:client.example"]);
      await server.close();
    });
  });

  it("large messages, many at a time, and calls back to the client", async () => {
    const service = testService(async (arg, ctx) => {
      assert.equal(ctx.connection.encrypted, true);
      return (await ctx.connection.call(ECHO, arg)) + 1;
    });
    const { server, to } = await serveTls({}, service);
    await using connection = await connect(SERVICE, { ...to, tls: { ca: pki.authority.cert } });
    const blob = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const blobs = Array.from({ length: 8 }, () => connection.call(BLOB, blob));
    for (const result of await Promise.all(blobs)) assert(Buffer.from(blob).equals(result));
    const { server: local } = await serve("local");
    local.attach(connection);
    assert.deepEqual(await Promise.all([1, 2, 3].map((arg) => connection.call(RUN, arg))), [2, 3, 4]);
    await local.close();
    await server.close();
  });
});

/**
 * A flavor with the needs of RPCSEC_GSS (RFC 2203), from the public interface alone: a context is set up by two NULL calls, each
 * transmission has a sequence number and a verifier over xid to credential, bodies are wrapped, replies are verified.
 */
import { createHmac, randomBytes } from "node:crypto";
import type {
  AuthAccepted,
  AuthCall,
  AuthDecision,
  AuthRequest,
  ClientAuth,
  OpaqueAuth,
  RpcProcedure,
  ServerAuth,
} from "../../src/runtime/index.ts";
import { type XdrCodec, XdrReader, XdrWriter } from "../../src/xdr/index.ts";

export const FLAVOR = 0x4d41_4331;
const SECRET = "what both ends know";
const DATA = 0;
const INIT = 1;
const CONTINUE = 2;
const WINDOW = 32;

type Bytes = Uint8Array;

const opaqueCodec: XdrCodec<Bytes> = {
  encode: (w, value) => {
    w.opaque(value);
  },
  decode: (r) => r.opaque(),
};

function mac(key: Bytes | string, ...parts: Bytes[]): Buffer {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function xdr(write: (w: XdrWriter) => void): Bytes {
  const w = new XdrWriter();
  write(w);
  return w.bytes().slice();
}

const uint32 = (value: number): Bytes =>
  xdr((w) => {
    w.uint32(value);
  });

function credentialBody(kind: number, sequence: number, handle: Bytes): Bytes {
  return xdr((w) => {
    w.uint32(kind);
    w.uint32(sequence);
    w.opaque(handle);
  });
}

/** Sequence number and content, and a code over both. */
function seal(key: Bytes, sequence: number, content: Bytes): Bytes {
  const inner = Buffer.concat([uint32(sequence), content]);
  return xdr((w) => {
    w.opaque(inner);
    w.opaque(mac(key, inner));
  });
}

function unseal(key: Bytes, body: Bytes, isExpected: (sequence: number) => boolean): Bytes {
  const r = new XdrReader(body);
  const inner = Buffer.from(r.opaque());
  if (!mac(key, inner).equals(r.opaque())) throw new Error("the body's code is wrong");
  r.end("body");
  if (!isExpected(inner.readUInt32BE())) throw new Error("the body has another sequence number");
  return inner.subarray(4);
}

interface Context {
  readonly handle: Bytes;
  readonly key: Bytes;
}

interface Sent {
  readonly context: Context;
  readonly sequence: number;
}

/** A client's end: one context for all of its connections. */
export class ContextAuth implements ClientAuth {
  readonly flavor: number = FLAVOR;
  readonly principal: string;
  #context: Context | undefined;
  #making: Promise<void> | undefined;
  #numbers = 0;

  constructor(principal: string) {
    this.principal = principal;
  }

  async setUp(call: AuthCall): Promise<void> {
    if (this.#context === undefined) await this.#make(call);
  }

  readonly refresh = async (reason: string, call: AuthCall): Promise<boolean> => {
    if (reason !== "RPCSEC_GSS_CREDPROBLEM") return false;
    // Another call has made a new one meanwhile.
    if (this.#sent(call).at(-1)?.context === this.#context) await this.#make(call);
    return true;
  };

  marshal(w: XdrWriter, call: AuthCall): void {
    const context = this.#context;
    if (context === undefined) throw new Error("there is no context");
    const sequence = ++this.#numbers;
    this.#sent(call).push({ context, sequence });
    w.uint32(FLAVOR);
    w.opaque(credentialBody(DATA, sequence, context.handle));
    const code = mac(context.key, w.bytes());
    w.uint32(FLAVOR);
    w.opaque(code);
  }

  wrap(args: Bytes, call: AuthCall): Bytes {
    const { context, sequence } = this.#last(call);
    return seal(context.key, sequence, args);
  }

  validate({ flavor, body }: OpaqueAuth, call: AuthCall): boolean {
    const isOf = ({ context, sequence }: Sent): boolean => mac(context.key, uint32(sequence)).equals(body);
    return flavor === FLAVOR && this.#sent(call).some(isOf);
  }

  unwrap(body: Bytes, call: AuthCall): Bytes {
    const sent = this.#sent(call);
    return unseal(this.#last(call).context.key, body, (sequence) => sent.some((each) => each.sequence === sequence));
  }

  #sent(call: AuthCall): Sent[] {
    return (call.authState ??= []) as Sent[];
  }

  #last(call: AuthCall): Sent {
    return this.#sent(call).at(-1) as Sent;
  }

  /** Once for all that ask for it meanwhile. */
  #make(call: AuthCall): Promise<void> {
    return (this.#making ??= this.#establish(call).finally(() => (this.#making = undefined)));
  }

  async #establish({ channel, procedure }: AuthCall): Promise<void> {
    const nonce = randomBytes(16);
    const ask = (kind: number, handle: Bytes, token: Bytes, validate?: ClientAuth["validate"]): Promise<Bytes> => {
      const init: RpcProcedure<Bytes, Bytes> = {
        ...procedure,
        number: 0,
        name: "NULL",
        args: opaqueCodec,
        result: opaqueCodec,
      };
      const auth: ClientAuth = {
        flavor: FLAVOR,
        marshal: (w) => {
          w.uint32(FLAVOR);
          w.opaque(credentialBody(kind, 0, handle));
          for (const word of [0, 0]) w.uint32(word);
        },
        ...(validate === undefined ? {} : { validate }),
      };
      return channel.call(init, token, { auth });
    };
    const begun = new XdrReader(
      await ask(INIT, new Uint8Array(0), Buffer.concat([nonce, Buffer.from(this.principal)])),
    );
    const handle = begun.opaque().slice();
    const key = mac(SECRET, nonce, begun.opaque());
    await ask(CONTINUE, handle, mac(key, handle), ({ body }) => mac(key, uint32(WINDOW)).equals(body));
    this.#context = { handle, key };
  }
}

interface ServerContext {
  readonly principal: string;
  readonly key: Bytes;
  readonly seen: Set<number>;
  highest: number;
  isEstablished: boolean;
}

/** A server's end, with the means to do wrong. */
export class ContextServer implements ServerAuth {
  readonly flavor: number = FLAVOR;
  /** What has come: kind, sequence number, xid, procedure. */
  readonly log: { kind: number; sequence: number; xid: number; procedure: number }[] = [];
  /** Set-ups that it refuses. */
  refuse = 0;
  /** Calls that it loses, as a network does. */
  lose = 0;
  /** What it spoils of its replies. */
  spoil: "verifier" | "body" | undefined;
  replays = 0;
  readonly #contexts = new Map<string, ServerContext>();

  get established(): number {
    return this.log.filter(({ kind }) => kind === CONTINUE).length;
  }

  /** As if it had been started again. */
  forget(): void {
    this.#contexts.clear();
  }

  async authenticate(request: AuthRequest): Promise<AuthDecision> {
    await Promise.resolve();
    const r = new XdrReader(request.credential.body);
    const [kind, sequence, handle] = [r.uint32(), r.uint32(), Buffer.from(r.opaque())];
    this.log.push({ kind, sequence, xid: request.xid, procedure: request.procedure });
    if (kind === INIT) return this.#begin(new XdrReader(request.body).opaque());
    const context = this.#contexts.get(handle.toString("hex"));
    if (context === undefined) return { kind: "reject", authStat: "RPCSEC_GSS_CREDPROBLEM" };
    if (kind === CONTINUE) return this.#continue(context, handle, new XdrReader(request.body).opaque());
    if (!mac(context.key, request.header).equals(request.verifier.body))
      return { kind: "reject", authStat: "RPCSEC_GSS_CREDPROBLEM" };
    if (this.lose > 0) {
      this.lose--;
      return { kind: "drop" };
    }
    if (context.seen.has(sequence) || sequence <= context.highest - WINDOW) {
      this.replays++;
      return { kind: "drop" };
    }
    context.seen.add(sequence);
    context.highest = Math.max(context.highest, sequence);
    return this.#accept(context, sequence);
  }

  #begin(token: Bytes): AuthDecision {
    if (this.refuse > 0) {
      this.refuse--;
      return { kind: "reject", authStat: "AUTH_REJECTEDCRED" };
    }
    const [handle, nonce] = [randomBytes(8), randomBytes(16)];
    const key = mac(SECRET, token.subarray(0, 16), nonce);
    const principal = Buffer.from(token.subarray(16)).toString();
    this.#contexts.set(handle.toString("hex"), { principal, key, seen: new Set(), highest: 0, isEstablished: false });
    const answer = xdr((w) => {
      w.opaque(handle);
      w.opaque(nonce);
    });
    return { kind: "answer", results: xdr((w) => { w.opaque(answer); }) }; // prettier-ignore
  }

  #continue(context: ServerContext, handle: Bytes, proof: Bytes): AuthDecision {
    if (!mac(context.key, handle).equals(proof)) return { kind: "reject", authStat: "AUTH_BADCRED" };
    const verifier = { flavor: FLAVOR, body: mac(context.key, uint32(WINDOW)) };
    return {
      kind: "answer",
      verifier,
      results: uint32(0),
      sent: () => {
        context.isEstablished = true;
      },
    };
  }

  #accept({ key, principal, isEstablished }: ServerContext, sequence: number): AuthAccepted | AuthDecision {
    if (!isEstablished) return { kind: "reject", authStat: "RPCSEC_GSS_CTXPROBLEM" };
    const { spoil } = this;
    return {
      kind: "accept",
      identity: principal,
      verifier: { flavor: FLAVOR, body: mac(key, uint32(spoil === "verifier" ? sequence + 1000 : sequence)) },
      unwrap: (body) => unseal(key, body, (each) => each === sequence),
      wrap: (result) => seal(spoil === "body" ? mac(key) : key, sequence, result),
    };
  }
}

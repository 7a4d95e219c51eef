/** One call to many servers: broadcast and multicast over udp. */
import { randomInt } from "node:crypto";
import { type RemoteInfo, type Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";
import { XdrReader, type XdrStrictness } from "../xdr/index.ts";
import { RpcAddress } from "./address.ts";
import type { ClientAuth } from "./auth/flavor.ts";
import { authNone } from "./auth/none.ts";
import { broadcastAddresses } from "./broadcast-address.ts";
import { type BroadcastCall, type DatagramNetid, callitCall, directCall, encodeBroadcast } from "./broadcast-call.ts";
import { BroadcastReplies } from "./broadcast-replies.ts";
import { checkStrictness } from "./option-checks.ts";
import { RpcError, reason } from "./error.ts";
import { RpcMsgCodec } from "./gen/rpc_msg.ts";
import {
  DEFAULT_BROADCAST_RETRANSMIT_MS,
  DEFAULT_BROADCAST_TIMEOUT_MS,
  DEFAULT_MAX_BROADCAST_REPLIES,
  DEFAULT_MAX_UDP_BYTES,
  MAX_TIMER_MS,
  MAX_UDP_BYTES,
  checkTimeout,
} from "./limits.ts";
import { callHook } from "./hook.ts";
import { multicastInterface } from "./multicast.ts";
import type { RpcProcedure } from "./procedure.ts";
import { replyError } from "./reply-error.ts";
import { PMAP_PORT } from "./rpcbind/gen/pmap_prot.ts";

/** Where a broadcast goes, and for how long. */
export interface BroadcastOptions {
  /**
   * Numeric addresses: of broadcast, of multicast groups (`ff02::202%eth0` with its interface), or of single hosts. Default
   * `broadcastAddresses()`.
   */
  readonly addresses?: readonly string[];
  /** The port at which each server listens. Default: each host's portmapper hands the call on, by its CALLIT. */
  readonly port?: number;
  /** The portmappers' port. Default 111. */
  readonly portmapPort?: number;
  /** Milliseconds until the iteration ends. Default 12 000 (libtirpc's); `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  /** Milliseconds until the call is sent again, doubled each time. Default 1000; `Infinity` sends it once. */
  readonly retransmitMs?: number;
  /** Ends the iteration with `RPC_ABORTED` when it fires; its reason is the `cause`. */
  readonly signal?: AbortSignal;
  /**
   * The credentials. Default `authNone`. Flavors that make a context with one server, or check its verifier, are of no use
   * for many. By CALLIT they are the portmapper's to hand on: rpcbind does so with AUTH_SYS's.
   */
  readonly auth?: ClientAuth;
  /** How strictly replies are decoded. Default `tolerant`. */
  readonly xdr?: XdrStrictness;
  /** Replies after which the iteration ends. Default 10 000. */
  readonly maxReplies?: number;
  /** Bytes of the call's datagram. Default 8800, at most 65 507. */
  readonly maxUdpBytes?: number;
  /** The interface of multicasts: its name, or one of its addresses. Default the system's choice. */
  readonly interface?: string;
  /** Routers that a multicast passes, and one: 1 stays on the network. Default 1 (the system's). */
  readonly ttl?: number;
  /** Whether multicasts reach this host's own servers. Default true (the system's). */
  readonly loopback?: boolean;
  /**
   * Told of each server that answers with an error (once a server; its address is the error's `peer`), of a result that can't be
   * decoded, and of each address that nothing could be sent to while others could. What it throws, or rejects with, ends the iteration.
   */
  readonly onError?: (error: RpcError) => void;
}

/** One server's answer. */
export interface BroadcastReply<R> {
  readonly result: R;
  /** The service's address, with the port that the portmapper named where the call went by CALLIT. */
  readonly from: RpcAddress;
}

/**
 * Calls a procedure on every server that hears it, and yields their replies as they come, each server's once. The iteration
 * ends when `timeoutMs` have passed; `break` ends it too. Each iteration is a call of its own, sent when it begins.
 *
 * The call is sent several times, since datagrams are lost, so the procedure should be one that may run twice. A server
 * without it, or whose portmapper does not hand calls on (rpcbind does only with `-r`), is silent. Nothing proves who answers.
 *
 * The iteration rejects with an `RpcError`: `RPC_CANTENCODEARGS`, `RPC_CANTSEND` where it could be sent to none of the
 * addresses, `RPC_ABORTED`; with a `RangeError` for an option that bounds nothing.
 */
export function broadcast<A, R>(
  procedure: RpcProcedure<A, R>,
  args: A,
  options: BroadcastOptions = {},
): AsyncIterable<BroadcastReply<R>> {
  return {
    [Symbol.asyncIterator]() {
      const running = new Broadcast(procedure, args, options);
      return running.replies;
    },
  };
}

/** Where each transmission goes. */
interface Target {
  readonly socket: Socket;
  readonly message: Uint8Array;
  readonly to: RpcAddress;
}

class Broadcast<A, R> {
  readonly replies: BroadcastReplies<BroadcastReply<R>>;
  readonly #procedure: RpcProcedure<A, R>;
  readonly #args: A;
  readonly #options: BroadcastOptions;
  // Random, so that nobody who has not seen the call can answer it.
  readonly #xid = randomInt(0x1_0000_0000);
  readonly #sockets: Socket[] = [];
  readonly #targets: Target[] = [];
  readonly #answered = new Set<string>();
  readonly #failed = new Set<string>();
  #transmissions = 0;
  #deadline: NodeJS.Timeout | undefined;
  #retransmission: NodeJS.Timeout | undefined;

  constructor(procedure: RpcProcedure<A, R>, args: A, options: BroadcastOptions) {
    this.#procedure = procedure;
    this.#args = args;
    this.#options = options;
    this.replies = new BroadcastReplies(
      () => this.#start(),
      () => this.#close(),
    );
  }

  async #start(): Promise<void> {
    const { addresses = broadcastAddresses(), signal, timeoutMs = DEFAULT_BROADCAST_TIMEOUT_MS } = this.#options;
    checkOptions(this.#options);
    if (signal?.aborted === true) throw this.#aborted();
    if (addresses.length === 0) throw this.#unsent("no interface of this host has a broadcast address");
    const other = addresses.find((address) => isIP(address) === 0);
    if (other !== undefined) throw this.#unsent(`${JSON.stringify(other)} is no numeric address`);
    if (timeoutMs !== Infinity) {
      this.#deadline = setTimeout(() => { this.replies.finish(); }, Math.min(timeoutMs, MAX_TIMER_MS)); // prettier-ignore
    }
    signal?.addEventListener("abort", this.#abort, { once: true });
    for (const netid of ["udp", "udp6"] as const) {
      const own = addresses.filter((address) => isIP(address) === (netid === "udp" ? 4 : 6));
      if (own.length > 0) await this.#open(netid, own);
    }
    this.#transmit(this.#options.retransmitMs ?? DEFAULT_BROADCAST_RETRANSMIT_MS);
  }

  /** A socket of a family, with the message for it. */
  async #open(netid: DatagramNetid, addresses: readonly string[]): Promise<void> {
    const { auth = authNone, maxUdpBytes = DEFAULT_MAX_UDP_BYTES, xdr = "tolerant" } = this.#options;
    const { port, portmapPort = PMAP_PORT } = this.#options;
    const { message, call } = encodeBroadcast(this.#xid, this.#procedure, auth, maxUdpBytes, () =>
      port === undefined
        ? callitCall(netid, this.#procedure, this.#args, { strictness: xdr })
        : directCall(this.#procedure, this.#args),
    );
    if (this.replies.hasEnded()) return;
    const socket = createSocket({ type: netid === "udp" ? "udp4" : "udp6", ipv6Only: netid === "udp6" });
    this.#sockets.push(socket);
    try {
      // A cluster's workers would share one socket, and each other's replies.
      socket.bind({ port: 0, exclusive: true });
      await once(socket, "listening");
      if (this.replies.hasEnded()) return;
      this.#prepare(socket, netid);
    } catch (cause) {
      throw this.#unsent(`no socket for ${netid}: ${reason(cause)}`, cause);
    }
    socket.on("error", () => undefined); // what it could not receive is lost
    socket.on("message", (bytes, from) => {
      this.#receive(bytes, from, netid, call);
    });
    for (const address of addresses) {
      const to = RpcAddress.inet(netid, address, port ?? portmapPort);
      this.#targets.push({ socket, message, to });
    }
  }

  #prepare(socket: Socket, netid: DatagramNetid): void {
    const { interface: on, ttl, loopback } = this.#options;
    if (netid === "udp") socket.setBroadcast(true);
    if (on !== undefined) socket.setMulticastInterface(multicastInterface(netid, on));
    if (ttl !== undefined) socket.setMulticastTTL(ttl);
    if (loopback !== undefined) socket.setMulticastLoopback(loopback);
  }

  #transmit(againMs: number): void {
    if (this.replies.hasEnded()) return;
    if (againMs !== Infinity) {
      this.#retransmission = setTimeout(
        () => {
          this.#transmit(2 * againMs);
        },
        Math.min(againMs, MAX_TIMER_MS),
      );
    }
    const first = this.#transmissions++ === 0;
    const failures: RpcError[] = [];
    let left = this.#targets.length;
    for (const { socket, message, to } of this.#targets) {
      socket.send(message, to.port, to.host, (cause) => {
        if (cause !== null) failures.push(this.#unsent(`the call can't be sent: ${reason(cause)}`, cause, to));
        if (--left > 0) return;
        if (first && failures.length === this.#targets.length) this.replies.fail(failures[0]);
        else for (const error of failures) this.#tell(error);
      });
    }
  }

  #receive(bytes: Uint8Array, { address, port }: RemoteInfo, netid: DatagramNetid, call: BroadcastCall): void {
    // A portmapper answers from any port (rpcbind never from 111), and from any of its host's addresses: the xid alone
    // tells what belongs to this call. Port 0 is a forgery.
    if (port === 0 || bytes.length < 8) return;
    if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== this.#xid) return;
    const sender = RpcAddress.inet(netid, address, port);
    const r = new XdrReader(bytes, { strictness: this.#options.xdr ?? "tolerant" });
    let found: ReturnType<BroadcastCall["open"]>;
    let failure: RpcError | undefined;
    try {
      failure = replyError(RpcMsgCodec.decode(r), { procedure: call.procedure, peer: sender });
      if (failure?.code === "RPC_CANTDECODERES") return;
      found = failure === undefined ? call.open(r, sender) : undefined;
    } catch {
      return; // no reply to anything that was asked
    }
    if (failure !== undefined) this.#tell(failure);
    if (found === undefined || this.#answered.has(found.from.address)) return;
    const { from, body } = found;
    let result: R;
    try {
      result = this.#procedure.result.decode(body);
      body.end(this.#procedure.name);
      if (body !== r) r.end(call.procedure.name);
    } catch (cause) {
      const text = `the result can't be decoded: ${reason(cause)}`;
      this.#tell(new RpcError("RPC_CANTDECODERES", text, { procedure: this.#procedure, peer: from, cause }));
      return;
    }
    // What found no room is as good as lost on the way, and comes again.
    if (!this.replies.push({ result, from }, bytes.length)) return;
    this.#answered.add(from.address);
    if (this.#answered.size >= (this.#options.maxReplies ?? DEFAULT_MAX_BROADCAST_REPLIES)) this.replies.finish();
  }

  /** Once for each address. */
  #tell(error: RpcError): void {
    const { onError, maxReplies = DEFAULT_MAX_BROADCAST_REPLIES } = this.#options;
    const key = error.peer?.address ?? "";
    if (onError === undefined || this.replies.hasEnded() || this.#failed.has(key) || this.#failed.size >= maxReplies)
      return;
    this.#failed.add(key);
    callHook(onError, [error], (thrown) => {
      this.replies.fail(thrown);
    });
  }

  readonly #abort = (): void => {
    this.replies.fail(this.#aborted());
  };

  /** Leaves no socket, timer or listener. */
  async #close(): Promise<void> {
    clearTimeout(this.#deadline);
    clearTimeout(this.#retransmission);
    this.#options.signal?.removeEventListener("abort", this.#abort);
    const sockets = this.#sockets.splice(0);
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  #aborted(): RpcError {
    const cause = this.#options.signal?.reason as unknown;
    return new RpcError("RPC_ABORTED", "the broadcast was aborted", { procedure: this.#procedure, cause });
  }

  #unsent(message: string, cause?: unknown, peer?: RpcAddress): RpcError {
    return new RpcError("RPC_CANTSEND", message, { procedure: this.#procedure, peer, cause });
  }
}

function checkOptions(options: BroadcastOptions): void {
  const { retransmitMs = DEFAULT_BROADCAST_RETRANSMIT_MS, maxReplies = DEFAULT_MAX_BROADCAST_REPLIES } = options;
  checkTimeout(options.timeoutMs ?? DEFAULT_BROADCAST_TIMEOUT_MS);
  checkStrictness(options.xdr);
  if (!(retransmitMs > 0)) throw new RangeError(`retransmitMs is ${retransmitMs}, not a positive number`);
  const whole = { port: 0xffff, portmapPort: 0xffff, maxReplies: Number.MAX_SAFE_INTEGER, maxUdpBytes: MAX_UDP_BYTES };
  for (const [name, most] of Object.entries(whole) as [keyof typeof whole, number][]) {
    const value = name === "maxReplies" ? maxReplies : options[name];
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) continue;
    throw new RangeError(`${name} is ${value}, not a whole number from 1 to ${most}`);
  }
}

/** Removes the registrations of dead servers. */
import { RpcAddress, isNetid } from "../runtime/address.ts";
import { RpcError } from "../runtime/error.ts";
import { MAX_TIMER_MS, checkTimeout } from "../runtime/limits.ts";
import { openConnection } from "../runtime/open-connection.ts";
import { RPCBPROG } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { voidCodec } from "../xdr/index.ts";
import { isWildcard, plainAddress } from "./address.ts";
import type { PortmapperEventListener } from "./events.ts";
import { DEFAULT_PRUNE_FAILURES, DEFAULT_PRUNE_INTERVAL_MS, DEFAULT_PRUNE_TIMEOUT_MS, MAX_PROBES } from "./limits.ts";
import { isGone } from "./owner-process.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import type { Registration, Registry } from "./registry.ts";

/** Options of pruning. */
export interface PruneOptions {
  /** Milliseconds from the end of one round to the next. Default 60 000. */
  readonly intervalMs?: number;
  /** Milliseconds that a service has to answer its NULL procedure. Default 5000. */
  readonly timeoutMs?: number;
  /**
   * Rounds in a row in which a service does not answer until it is removed. Default 3. One whose process has ended is removed
   * after the first: it may have left its socket to another, as the kernel's NFS server is registered by a program that ends.
   */
  readonly failures?: number;
}

const DEFAULTS: Required<PruneOptions> = {
  intervalMs: DEFAULT_PRUNE_INTERVAL_MS,
  timeoutMs: DEFAULT_PRUNE_TIMEOUT_MS,
  failures: DEFAULT_PRUNE_FAILURES,
};

export class Pruner {
  readonly #registry: Registry;
  readonly #own: OwnAddresses;
  readonly #tell: PortmapperEventListener;
  readonly #options: Required<PruneOptions>;
  /** Rounds in a row without an answer. */
  readonly #failures = new WeakMap<Registration, number>();
  #timer: NodeJS.Timeout | undefined;
  readonly #ended = new AbortController();

  /** Throws a `RangeError` for a time or a number that is none. */
  constructor(registry: Registry, own: OwnAddresses, tell: PortmapperEventListener, options: PruneOptions) {
    this.#registry = registry;
    this.#own = own;
    this.#tell = tell;
    this.#options = { ...DEFAULTS, ...options };
    checkTimeout(this.#options.intervalMs, "prune.intervalMs");
    checkTimeout(this.#options.timeoutMs, "prune.timeoutMs");
    const { failures } = this.#options;
    if (!(failures >= 1)) throw new RangeError(`prune.failures is ${String(failures)}, not a number from 1 on`);
  }

  /** Begins the rounds. They keep no process alive. */
  start(): void {
    if (this.#ended.signal.aborted) return;
    const next = (): void => {
      void this.round().then(() => {
        this.start();
      });
    };
    this.#timer = setTimeout(next, Math.min(this.#options.intervalMs, MAX_TIMER_MS)).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#ended.abort(new Error("the portmapper closes"));
  }

  /** Asks each service once, and gives what was removed. The portmapper's own entries stay. */
  async round(): Promise<Registration[]> {
    const entries = this.#registry.registrations().filter(({ program }) => program !== RPCBPROG);
    const removed: Registration[] = [];
    const ask = async (): Promise<void> => {
      for (let entry = entries.shift(); entry !== undefined; entry = entries.shift()) {
        if (await this.#prune(entry)) removed.push(entry);
      }
    };
    await Promise.all(Array.from({ length: MAX_PROBES }, ask));
    return removed;
  }

  async #prune(entry: Registration): Promise<boolean> {
    const target = this.#targetOf(entry);
    if (target === undefined) return false;
    if (await this.#answers(entry, target)) {
      this.#failures.delete(entry);
      return false;
    }
    if (this.#ended.signal.aborted) return false;
    const failures = (this.#failures.get(entry) ?? 0) + 1;
    this.#failures.set(entry, failures);
    const hasNoProcess = entry.process !== undefined && isGone(entry.process);
    if (!hasNoProcess && failures < this.#options.failures) return false;
    // It may have been removed meanwhile, and another have come in its place.
    if (!this.#registry.remove(entry)) return false;
    this.#tell({ kind: "pruned", registration: entry, reason: hasNoProcess ? "process-gone" : "no-answer" });
    return true;
  }

  /** Undefined for what can't be asked: an address of another transport, or of another host, which nobody here may make us call. */
  #targetOf({ netid, address }: Registration): RpcAddress | undefined {
    const name = netid.toLowerCase();
    if (!isNetid(name)) return undefined;
    const at = RpcAddress.parse(name, address);
    if (at === undefined || at.netid === "local") return at;
    if (isWildcard(at.host)) return RpcAddress.inet(at.netid, at.host === "::" ? "::1" : "127.0.0.1", at.port);
    return this.#own.list().some((own) => plainAddress(own.address) === at.host) ? at : undefined;
  }

  /** Whether the program is there: with whatever answer but that it is not. */
  async #answers({ program, version }: Registration, at: RpcAddress): Promise<boolean> {
    const { timeoutMs } = this.#options;
    const { signal } = this.#ended;
    const procedure = {
      program,
      programName: "",
      version,
      number: 0,
      name: "NULL",
      args: voidCodec,
      result: voidCodec,
    };
    try {
      await using connection = await openConnection(at, { timeoutMs, signal });
      await connection.call(procedure, undefined, { timeoutMs, signal });
      return true;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return ANSWERS.has(error.code);
    }
  }
}

/** A server that refuses the caller, or this version of the program, lives. */
const ANSWERS: ReadonlySet<string> = new Set([
  "RPC_AUTHERROR",
  "RPC_CANTDECODEARGS",
  "RPC_CANTDECODERES",
  "RPC_PROCUNAVAIL",
  "RPC_PROGVERSMISMATCH",
  "RPC_SYSTEMERROR",
  "RPC_VERSMISMATCH",
]);

import type { Rejection } from "./context.ts";
import type { RpcMethod, RpcService } from "./procedure.ts";

/** How a service is served. */
export interface ServiceOptions {
  /**
   * Numbers of procedures that may run twice without harm: they skip the duplicate request cache. Default none;
   * procedure 0 always is one.
   */
  readonly idempotent?: readonly number[];
}

/** Counts of one procedure, from the server's beginning. */
export interface ProcedureCounters {
  /** Handlers that were run. */
  calls: number;
  /** Handlers that threw; their callers were told SYSTEM_ERR. */
  failures: number;
  /** Calls that were answered with something else than a result, those that failed among them. */
  rejected: number;
}

/** A procedure that a server has. */
export interface Route {
  readonly method: RpcMethod;
  readonly isIdempotent: boolean;
  readonly counters: ProcedureCounters;
}

interface VersionRoutes {
  readonly service: RpcService;
  readonly routes: ReadonlyMap<number, Route>;
}

/** From numbers to procedures. */
export class Router {
  readonly #programs = new Map<number, Map<number, VersionRoutes>>();

  get services(): RpcService[] {
    return [...this.#programs.values()].flatMap((versions) => [...versions.values()].map(({ service }) => service));
  }

  get routes(): Route[] {
    return [...this.#programs.values()].flatMap((versions) => [...versions.values()].flatMap(({ routes }) => [...routes.values()])); // prettier-ignore
  }

  /** Throws where the version has been added already, or has no such procedure. */
  add(service: RpcService, { idempotent = [] }: ServiceOptions = {}): void {
    const versions = this.#programs.get(service.program) ?? new Map<number, VersionRoutes>();
    const title = `${service.programName} version ${service.version}`;
    if (versions.has(service.version)) throw new Error(`${title} has been added already`);
    const unknown = idempotent.find((number) => number !== 0 && !service.methods.has(number));
    if (unknown !== undefined) throw new RangeError(`${title} has no procedure ${unknown}, so none that is idempotent`);
    const routes = new Map<number, Route>();
    for (const [number, method] of service.methods) {
      const isIdempotent = number === 0 || idempotent.includes(number);
      routes.set(number, { method, isIdempotent, counters: { calls: 0, failures: 0, rejected: 0 } });
    }
    this.#programs.set(service.program, versions.set(service.version, { service, routes }));
  }

  /** `NULL`: a procedure 0 that is not declared, and that every program has. */
  find(program: number, version: number, procedure: number): Route | "NULL" | Rejection {
    const versions = this.#programs.get(program);
    if (versions === undefined) return "PROG_UNAVAIL";
    const found = versions.get(version);
    if (found === undefined) {
      const numbers = [...versions.keys()];
      return { code: "PROG_MISMATCH", low: Math.min(...numbers), high: Math.max(...numbers) };
    }
    return found.routes.get(procedure) ?? (procedure === 0 ? "NULL" : "PROC_UNAVAIL");
  }
}

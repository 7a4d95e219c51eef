import type { Rejection } from "./context.ts";
import type { RpcMethod, RpcProcedureId, RpcService } from "./procedure.ts";

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
  /** A procedure 0 that no one declared: the server answers it itself. */
  readonly isBuiltIn: boolean;
  readonly counters: ProcedureCounters;
}

interface VersionRoutes {
  readonly service: RpcService;
  readonly routes: ReadonlyMap<number, Route>;
  /** Procedure 0, declared or not: every program has one. */
  readonly null: Route;
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
      routes.set(number, routeOf(method, isIdempotent));
    }
    this.#programs.set(
      service.program,
      versions.set(service.version, { service, routes, null: routes.get(0) ?? builtInNull(service) }),
    );
  }

  find(program: number, version: number, procedure: number): Route | Rejection {
    const versions = this.#programs.get(program);
    if (versions === undefined) return "PROG_UNAVAIL";
    const found = versions.get(version);
    if (found === undefined) {
      const numbers = [...versions.keys()];
      return { code: "PROG_MISMATCH", low: Math.min(...numbers), high: Math.max(...numbers) };
    }
    return procedure === 0 ? found.null : (found.routes.get(procedure) ?? "PROC_UNAVAIL");
  }

  /** Names of what was called, or its numbers where it has none here. */
  describe(program: number, version: number, number: number): RpcProcedureId {
    const versions = this.#programs.get(program);
    const route = this.find(program, version, number);
    if (typeof route === "object" && "method" in route) return route.method.procedure;
    const [known] = versions?.values() ?? [];
    const programName = known?.service.programName ?? `0x${program.toString(16).padStart(8, "0")}`;
    return { program, programName, version, number, name: String(number) };
  }
}

function routeOf(method: RpcMethod, isIdempotent: boolean, isBuiltIn = false): Route {
  return { method, isIdempotent, isBuiltIn, counters: { calls: 0, failures: 0, rejected: 0 } };
}

function builtInNull({ program, programName, version }: RpcService): Route {
  const method: RpcMethod = {
    procedure: { program, programName, version, number: 0, name: "NULL" },
    decode: () => undefined,
    invoke: () => undefined,
    encode: () => undefined,
  };
  return routeOf(method, true, true);
}

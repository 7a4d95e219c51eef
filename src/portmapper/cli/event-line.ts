/** What the log says of each event. */
import { reason } from "../../runtime/error.ts";
import type { CallOrigin, PortmapperEvent } from "../events.ts";
import type { ProgramNames } from "../program-names.ts";
import type { Registration } from "../registry.ts";
import type { LogLevel } from "./log-options.ts";

/** A line of the log, whatever its form. */
export interface EventLine {
  readonly level: LogLevel;
  /** For people. */
  readonly message: string;
  /** For programs. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How lines are made. */
export interface EventLineOptions {
  readonly names: ProgramNames;
  /** Whether errors come with where they arose. */
  readonly isDetailed: boolean;
}

/** The line of an event. */
export function eventLine(event: PortmapperEvent, { names, isDetailed }: EventLineOptions): EventLine {
  switch (event.kind) {
    case "registered":
    case "unregistered":
      return {
        level: "info",
        message: `${event.kind} ${service(event.registration, names)}`,
        fields: fieldsOf(event.registration),
      };
    case "pruned": {
      const why = event.reason === "no-answer" ? "it does not answer" : "its process has ended, and nobody answers";
      return {
        level: "warn",
        message: `removed ${service(event.registration, names)}: ${why}`,
        fields: { ...fieldsOf(event.registration), reason: event.reason },
      };
    }
    case "refused":
      return {
        level: "warn",
        message: `refused ${call(event.origin)}: ${event.reason}`,
        fields: { ...event.origin, reason: event.reason },
      };
    case "indirect": {
      const { origin, program, version, procedure } = event;
      const what = `${nameOf(program, names)} version ${version} procedure ${procedure}`;
      return {
        level: "info",
        message: `indirect call to ${what} by ${call(origin)}`,
        // The origin has a version and a procedure of its own.
        fields: { ...origin, to: { program, version, procedure } },
      };
    }
    case "called":
      return { level: "info", message: `called ${call(event.origin)}`, fields: { ...event.origin } };
    case "failed":
      return {
        level: "error",
        message: `failed at ${call(event.origin)}: ${reason(event.error)}`,
        fields: { ...event.origin, ...errorFields(event.error, isDetailed) },
      };
    case "restored":
      return {
        level: "info",
        message: `restored ${event.registrations} registrations`,
        fields: { registrations: event.registrations },
      };
    case "state-outdated":
      return {
        level: "info",
        message: `${event.path} is from before the system's last start: nothing of it is taken`,
        fields: { path: event.path },
      };
    case "state-damaged": {
      const { path, reason: why, setAside } = event;
      const aside = setAside === undefined ? "it can't be renamed" : `it is now ${setAside}`;
      return {
        level: "error",
        message: `can't read ${path}: ${why}; ${aside}`,
        fields: { path, reason: why, setAside },
      };
    }
    case "state-not-written":
      return {
        level: "error",
        message: `can't write ${event.path}: ${reason(event.error)}`,
        fields: { path: event.path, ...errorFields(event.error, isDetailed) },
      };
  }
}

function service({ program, version, netid, address, owner }: Registration, names: ProgramNames): string {
  return `${nameOf(program, names)} version ${version} at ${netid} ${address} of ${owner}`;
}

function nameOf(program: number, names: ProgramNames): string {
  return names.nameOf(program) ?? String(program);
}

function call({ procedure, peer, transport }: CallOrigin): string {
  return `${procedure} from ${peer} over ${transport}`;
}

function fieldsOf({ program, version, netid, address, owner, process }: Registration): EventLine["fields"] {
  return { program, version, netid, address, owner, ...(process !== undefined && { pid: process.pid }) };
}

function errorFields(error: unknown, isDetailed: boolean): EventLine["fields"] {
  return isDetailed && error instanceof Error ? { error } : { error: reason(error) };
}

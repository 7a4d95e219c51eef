/** What the state file says: JSON, written and checked. */
import type { OwnerProcess } from "./owner-process.ts";
import { SUPERUSER, UNKNOWN } from "./owner.ts";
import type { Registration } from "./registry.ts";

/** Rises where an older tsrpcbind would misread the file. */
const FORMAT = 1;

/** What a state file holds. */
export interface State {
  readonly registrations: Registration[];
  /** The kernel's number of the system's start in which it was written; null where there is none. */
  readonly boot: string | null;
}

/** The text of a state file: one line for each registration, so that people can read it. */
export function stateText(registrations: readonly Registration[], boot: string | null): string {
  const lines = registrations.map(({ program, version, netid, address, owner, process }) =>
    JSON.stringify({ program, version, netid, address, owner, ...(process !== undefined && { process }) }),
  );
  return `{"tsrpcbind":${FORMAT},"boot":${JSON.stringify(boot)},"registrations":[\n${lines.join(",\n")}\n]}\n`;
}

/** Throws an `Error` that says what is wrong with a text that is none of a state file. */
export function parseState(text: string): State {
  const whole = record(parseJson(text), "it");
  if (whole.tsrpcbind !== FORMAT) throw new Error(`its format is not ${FORMAT}`);
  const { boot, registrations } = whole;
  if (boot !== null && typeof boot !== "string") throw new Error("boot is no text");
  if (!Array.isArray(registrations)) throw new Error("registrations is no list");
  return { boot, registrations: registrations.map((each: unknown, index) => registration(each, index)) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // JSON.parse's own message quotes what it found, whatever that is.
    throw new Error("it is no JSON");
  }
}

function registration(value: unknown, index: number): Registration {
  const name = `registration ${index}`;
  const { program, version, netid, address, owner, process } = record(value, name);
  if (!isUint32(program) || !isUint32(version)) throw new Error(`${name} has no number of a program and a version`);
  if (typeof netid !== "string" || typeof address !== "string") throw new Error(`${name} has no address`);
  if (typeof owner !== "string" || !isOwner(owner)) throw new Error(`${name} has no owner`);
  return { program, version, netid, address, owner, process: ownerProcess(process, name) };
}

function ownerProcess(value: unknown, name: string): OwnerProcess | undefined {
  if (value === undefined) return undefined;
  const { pid, startTicks } = record(value, name);
  // process.kill takes 0 and what is below for groups of processes.
  const isPid = typeof pid === "number" && Number.isInteger(pid) && pid > 0 && pid <= 0x7fff_ffff;
  const areTicks = startTicks === undefined || (typeof startTicks === "number" && Number.isSafeInteger(startTicks));
  if (!isPid || !areTicks) throw new Error(`${name} has a process that is none`);
  return { pid, startTicks };
}

function record(value: unknown, name: string): Partial<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} is no object`);
  return value;
}

function isUint32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

function isOwner(owner: string): boolean {
  return owner === SUPERUSER || owner === UNKNOWN || /^\d{1,10}$/.test(owner);
}

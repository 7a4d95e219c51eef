import type { ProgramNames } from "../../program-names.ts";
import { Failure } from "./failure.ts";

const MAX_UINT32 = 0xffff_ffff;

/** A program by its number or one of its names. */
export function parseProgram(text: string, names: ProgramNames): number {
  if (text === "" || (/^\d+$/.test(text) && Number(text) > MAX_UINT32)) {
    throw new Failure(`tsrpcinfo: ${text} is illegal program number`);
  }
  const number = /^\d+$/.test(text) ? Number(text) : names.numberOf(text);
  if (number === undefined) throw new Failure(`tsrpcinfo: ${text} is unknown service`);
  return number;
}

/** A version, as C's strtol reads it: -1 is the highest. */
export function parseVersion(text: string): number {
  const version = Number(text);
  if (!/^\s*[+-]?\d+$/.test(text) || Math.abs(version) > MAX_UINT32) {
    throw new Failure(`tsrpcinfo: ${text} is illegal version number`);
  }
  return version >>> 0;
}

/** A port; 0 means that none was given. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\s*[+]?\d+$/.test(text) || port > 0xffff) throw new Failure(`tsrpcinfo: ${text} is illegal port number`);
  return port;
}

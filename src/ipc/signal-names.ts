import { constants } from "node:os";
import { addon } from "./addon.ts";

interface SignalNameFunctions {
  realTimeSignals(): [first: number, last: number] | undefined;
}

/** A signal's name. Those of real time are counted from the first or from the last: "SIGRTMIN+2", "SIGRTMAX-1". */
export type SignalName = NodeJS.Signals | "SIGRTMAX" | "SIGRTMIN" | `SIGRTMAX-${number}` | `SIGRTMIN+${number}`;

/**
 * @returns its number on this system
 * @throws RangeError where this system has none of that name
 */
export function signalNumber(name: SignalName): number {
  const plain: number | undefined = Object.entries(constants.signals).find(([known]) => known === name)?.[1];
  const number = plain ?? realTimeNumber(name);
  if (number === undefined) throw new RangeError(`this system has no signal ${name}`);
  return number;
}

function realTimeNumber(name: string): number | undefined {
  const match = /^SIGRT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(name);
  const range = match && (addon() as SignalNameFunctions).realTimeSignals();
  if (range === null || range === undefined) return undefined;
  const [first, last] = range;
  const number = name.startsWith("SIGRTMIN") ? first + Number(match?.[1] ?? 0) : last - Number(match?.[2] ?? 0);
  return number >= first && number <= last ? number : undefined;
}

/** Reads a state file that may be missing, damaged, or someone else's. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { reason, systemCode } from "../runtime/error.ts";
import type { Registration } from "./registry.ts";
import { parseState } from "./state-text.ts";

/** What became of reading a state file. */
export type StateRead =
  | { readonly kind: "none" | "earlier-boot" }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "read"; readonly registrations: Registration[] };

/** Write permission of the group and of others. */
const OTHERS_WRITE = 0o022;

/**
 * Reads a state file. Never throws.
 * @param isTrusted whether a user's file is believed
 */
export function readStateFile(path: string, maxBytes: number, isTrusted: (uid: number) => boolean): StateRead {
  try {
    const { registrations, boot } = parseState(textOf(path, maxBytes, isTrusted));
    // After a start of the system no server of before is there.
    const now = bootId();
    if (boot !== null && now !== null && boot !== now) return { kind: "earlier-boot" };
    return { kind: "read", registrations };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { kind: "none" };
    return { kind: "damaged", reason: reason(error) };
  }
}

/** The kernel's number of the system's last start; null where it tells none. */
export function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return null;
  }
}

function textOf(path: string, maxBytes: number, isTrusted: (uid: number) => boolean): string {
  // Opening follows no link, and does not wait for a pipe's other end. Windows knows neither.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants as Partial<typeof constants>;
  const fd = openSync(path, (O_RDONLY ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error("it is no file");
    if (!isTrusted(stat.uid)) throw new Error(`it belongs to user ${stat.uid}`);
    if ((stat.mode & OTHERS_WRITE) !== 0) throw new Error("others may write to it");
    if (stat.size > maxBytes) throw new Error(`its ${stat.size} bytes are more than ${maxBytes}`);
    const bytes = Buffer.alloc(stat.size);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = readSync(fd, bytes, length, bytes.length - length, null);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
  } finally {
    closeSync(fd);
  }
}

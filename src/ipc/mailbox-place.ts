/**
 * Where a mailbox lies: a POSIX shared memory object with a page that describes it, and the ring behind that page or in a
 * file that the page names.
 * @module
 */
import { randomBytes } from "node:crypto";
import { linkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEFAULT_MAILBOX_MESSAGE_BYTES } from "./limits.ts";
import { MappedFile } from "./mapped-file.ts";
import type { Mapping } from "./mapping.ts";
import type { MemoryObject } from "./memory-object.ts";
import { PosixSharedMemory } from "./posix-shared-memory.ts";
import { Ring } from "./ring.ts";

/** What a mailbox holds: see `MailboxOptions.capacity`. */
export type MailboxCapacity = 0 | "unbounded" | { bytes: number } | { messages: number };

export interface MailboxPlaceOptions {
  capacity: MailboxCapacity;
  maxMessageBytes: number | undefined;
  maxBytes: number;
  directory: string | undefined;
  mode: number;
}

/** A mailbox that was found or made. */
export interface MailboxPlace {
  /** Where the ring lies. */
  mapping: Mapping;
  offset: number;
  rendezvous: boolean;
  unbounded: boolean;
  maxMessageBytes: number;
}

// The page: the magic, a kind, the length of the file's path, the longest message, the path.
const pageBytes = 4096;
const magic = 0x3130_786f_626d_7374n; // "tsmbox01"
const kinds = { rendezvous: 1, bounded: 2, unbounded: 3 } as const;
const pathOffset = 24;

/** What waits for receivers in a mailbox of no capacity lies somewhere too. */
const rendezvousBytes = 65_536;

/** The path of an unbounded one's file, whatever folder it lies in: others may write anything into the page. */
const spillPath = /^[^\0]*[/]tsrpcgen-mailbox\.[^/\0]+\.spill$/;

/** Linux: where `shm_open` has its names, which can be linked there as any file's. */
const shmFolder = "/dev/shm";

function objectName(name: string): string {
  if (!/^[^/\0]{1,200}$/.test(name))
    throw new RangeError(`a mailbox's name has 1 to 200 characters without "/", not ${JSON.stringify(name)}`);
  return `/tsrpcgen-mailbox.${name}`;
}

/** @throws `ENOENT`, `EACCES`, and `RING_CORRUPT` where it is no mailbox */
export function findMailbox(name: string): MailboxPlace {
  using memory = PosixSharedMemory.open(objectName(name));
  const mapping = mapped(memory);
  try {
    const { kind, path, maxMessageBytes } = readPage(mapping);
    const place = {
      mapping,
      offset: pageBytes,
      rendezvous: kind === kinds.rendezvous,
      unbounded: kind === kinds.unbounded,
      maxMessageBytes,
    };
    if (kind !== kinds.unbounded) return place;
    if (!spillPath.test(path)) throw corrupt();
    using file = MappedFile.open(path);
    const spill = mapped(file);
    mapping.close();
    return { ...place, mapping: spill, offset: 0 };
  } catch (error) {
    mapping.close();
    throw error;
  }
}

/**
 * Makes one, whole before it has its name.
 * @throws `EEXIST`
 */
export function makeMailbox(name: string, options: MailboxPlaceOptions): void {
  const { mode, directory = tmpdir() } = options;
  const object = objectName(name);
  const { kind, ringBytes, maxRecords, maxMessageBytes } = measures(options);
  const unbounded = kind === kinds.unbounded;
  const temporary = `${object}.${process.pid}.${randomBytes(4).toString("hex")}`;
  // Elsewhere the name is there a moment before the mailbox is.
  const linked = process.platform === "linux";
  const path = unbounded ? join(resolve(directory), `${temporary.slice(1)}.spill`) : "";
  const size = pageBytes + (unbounded ? 0 : ringBytes);
  let made = false;
  try {
    using memory = PosixSharedMemory.open(linked ? temporary : object, { create: true, exclusive: true, mode, size });
    using mapping = memory.map();
    const format = { consumers: "many", producers: "many", maxRecords } as const;
    if (unbounded) {
      using file = MappedFile.open(path, { create: true, exclusive: true, mode, size: ringBytes });
      using spill = file.map();
      Ring.format(spill, format);
    } else Ring.format(mapping, { ...format, offset: pageBytes });
    writePage(mapping, kind, maxMessageBytes, path);
    if (linked) linkSync(join(shmFolder, temporary), join(shmFolder, object));
    made = true;
  } finally {
    if (linked)
      attempt(() => {
        PosixSharedMemory.unlink(temporary);
      });
    if (!made && unbounded)
      attempt(() => {
        unlinkSync(path);
      });
  }
}

/** Removes the name, and the file where there is one. @throws `ENOENT`, `EACCES` */
export function unlinkMailbox(name: string): void {
  const object = objectName(name);
  let path = "";
  try {
    using memory = PosixSharedMemory.open(object, { readOnly: true });
    using mapping = memory.map();
    path = readPage(mapping).path;
  } catch {
    // What is no mailbox, or may not be read, has no file that is ours to remove.
  }
  PosixSharedMemory.unlink(object);
  if (spillPath.test(path))
    attempt(() => {
      unlinkSync(path);
    });
}

function measures(options: MailboxPlaceOptions): {
  kind: number;
  ringBytes: number;
  maxRecords: number | undefined;
  maxMessageBytes: number;
} {
  const { capacity, maxBytes, maxMessageBytes = DEFAULT_MAILBOX_MESSAGE_BYTES } = options;
  const record = 8 + Math.ceil(positive("maxMessageBytes", maxMessageBytes) / 8) * 8;
  const measure = (kind: number, bytes: number, longest: number, maxRecords?: number): ReturnType<typeof measures> => ({
    kind,
    ringBytes: Ring.bytesFor(bytes),
    maxRecords,
    maxMessageBytes: longest,
  });
  if (capacity === 0) return measure(kinds.rendezvous, Math.max(rendezvousBytes, 4 * record), maxMessageBytes);
  if (capacity === "unbounded") {
    const longest = options.maxMessageBytes ?? positive("maxBytes", maxBytes) - 8;
    return measure(kinds.unbounded, positive("maxBytes", maxBytes), longest);
  }
  if ("bytes" in capacity) {
    const bytes = Math.max(16, positive("capacity.bytes", capacity.bytes));
    return measure(kinds.bounded, bytes, Math.min(options.maxMessageBytes ?? bytes, bytes - 8));
  }
  const messages = positive("capacity.messages", capacity.messages);
  return measure(kinds.bounded, messages * record, maxMessageBytes, messages);
}

function positive(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${what} must be an integer of at least 1, not ${String(value)}`);
}

function writePage(mapping: Mapping, kind: number, maxMessageBytes: number, path: string): void {
  const view = new DataView(mapping.buffer);
  const text = new TextEncoder().encode(path);
  if (text.length > pageBytes - pathOffset) throw new RangeError("the directory's path is too long");
  view.setUint32(8, kind, true);
  view.setUint32(12, text.length, true);
  view.setBigUint64(16, BigInt(maxMessageBytes), true);
  mapping.bytes.set(text, pathOffset);
  view.setBigUint64(0, magic, true);
}

function readPage(mapping: Mapping): { kind: number; path: string; maxMessageBytes: number } {
  // Copied before it is looked at: others may write there.
  const bytes = mapping.bytes.slice(0, pageBytes);
  const view = new DataView(bytes.buffer);
  if (bytes.length !== pageBytes || view.getBigUint64(0, true) !== magic) throw corrupt();
  const kind = view.getUint32(8, true);
  const length = view.getUint32(12, true);
  if (kind < kinds.rendezvous || kind > kinds.unbounded || length > pageBytes - pathOffset) throw corrupt();
  return {
    kind,
    maxMessageBytes: Number(view.getBigUint64(16, true)),
    path: new TextDecoder().decode(bytes.subarray(pathOffset, pathOffset + length)),
  };
}

/** @throws `RING_CORRUPT` where it was truncated to nothing */
function mapped(memory: MemoryObject): Mapping {
  const { size } = memory;
  if (size === 0) throw corrupt();
  return memory.map({ length: size });
}

function corrupt(): Error {
  const text = "RING_CORRUPT: the shared memory holds no mailbox";
  return Object.assign(new Error(text), { code: "RING_CORRUPT" });
}

function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // It is gone already.
  }
}

/** Warm start: what is registered, kept in a file, so that a restart or the end of the process forgets nothing. */
import { chownSync, mkdirSync, renameSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../runtime/error.ts";
import { RPCBPROG } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import type { PortmapperEventListener } from "./events.ts";
import type { Registration, Registry, RegistryLimits } from "./registry.ts";
import { bootId, readStateFile } from "./state-reader.ts";
import { stateText } from "./state-text.ts";

/** Options of the warm start. */
export interface StateOptions {
  /**
   * Folder of the file `registry.json`, for one portmapper alone. Made, with mode 0700, where it is missing. One that others may write to
   * is refused: they could register what they like.
   */
  readonly folder: string;
  /** Number of the user whose the folder and the file may be, beside root and this process's: the one that it will run as. Default: none. */
  readonly uid?: number;
  /** The group of a folder that is made for `uid`. Default: this process's. */
  readonly gid?: number;
}

/** Name of the file in its folder. */
export const STATE_FILE = "registry.json";

/** Bytes of the longest file that is read, unless the registry's limits allow for a longer one. */
export const MAX_STATE_BYTES: number = 16 * 1024 * 1024;

/** Bytes of an entry in the file without its strings. */
const ENTRY_BYTES = 256;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Write permission of the group and of others. */
const OTHERS_WRITE = 0o022;

/** The state file of one registry: read once, and replaced at each change from `begin` on. */
export class StateFile {
  readonly #options: StateOptions;
  readonly #path: string;
  readonly #registry: Registry;
  readonly #maxBytes: number;
  readonly #tell: PortmapperEventListener;
  #unwatch: (() => void) | undefined;
  /** The write that is under way, or the last one. */
  #running: Promise<void> | undefined;
  /** The write that comes next, with all that has changed since the other one began. */
  #queued: Promise<void> | undefined;

  constructor(registry: Registry, limits: RegistryLimits, tell: PortmapperEventListener, options: StateOptions) {
    this.#options = options;
    this.#path = join(options.folder, STATE_FILE);
    this.#registry = registry;
    const { maxEntries, maxNetidBytes, maxAddressBytes } = limits;
    // JSON puts a backslash in front of a quotation mark.
    this.#maxBytes = Math.max(MAX_STATE_BYTES, maxEntries * (2 * (maxNetidBytes + maxAddressBytes) + ENTRY_BYTES));
    this.#tell = tell;
  }

  /**
   * What the file has: nothing where there is none, or it is from before the system's last start. One that can't be
   * read is renamed to `registry.json.damaged`, and told of.
   *
   * @throws Error where the folder can't be made, or others may write to it.
   */
  restore(): Registration[] {
    this.#prepareFolder();
    const read = readStateFile(this.#path, this.#maxBytes, this.#isTrusted);
    switch (read.kind) {
      case "none":
        return [];
      case "earlier-boot":
        this.#tell({ kind: "state-outdated", path: this.#path });
        return [];
      case "damaged":
        this.#tell({ kind: "state-damaged", path: this.#path, reason: read.reason, setAside: this.#setAside() });
        return [];
      case "read":
        return read.registrations;
    }
  }

  /** Writes the file from now on, whenever something changes, beginning with how things are. */
  begin(): void {
    const changed = (): void => {
      this.#changed();
    };
    this.#unwatch = this.#registry.watch({ added: changed, removed: changed });
    changed();
  }

  /** Resolves when all that has changed until now is written, or told of as a failure. */
  async settled(): Promise<void> {
    await (this.#queued ?? this.#running);
  }

  /** Writes what is left to write. */
  async close(): Promise<void> {
    this.#unwatch?.();
    await this.settled();
  }

  #changed(): void {
    this.#queued ??= (this.#running ?? Promise.resolve()).then(() => {
      this.#running = this.#queued;
      this.#queued = undefined;
      return this.#replace();
    });
  }

  /** Whoever reads the file finds the old one whole or the new one whole, whenever the process or the system ends. */
  async #replace(): Promise<void> {
    const next = `${this.#path}.new`;
    const text = stateText(
      this.#registry.registrations().filter(({ program }) => program !== RPCBPROG),
      bootId(),
    );
    try {
      await rm(next, { force: true });
      // Exclusive: what someone else put there is not written to.
      const file = await open(next, "wx", FILE_MODE);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.#path);
      await syncFolder(this.#options.folder);
    } catch (error) {
      this.#tell({ kind: "state-not-written", path: this.#path, error });
    }
  }

  #setAside(): string | undefined {
    const aside = `${this.#path}.damaged`;
    try {
      renameSync(this.#path, aside);
      return aside;
    } catch {
      return undefined; // a directory that is not ours: the first write tells of it
    }
  }

  #prepareFolder(): void {
    const { folder, uid, gid } = this.#options;
    if (mkdirSync(folder, { recursive: true, mode: FOLDER_MODE }) !== undefined && uid !== undefined) {
      chownSync(folder, uid, gid ?? process.getgid?.() ?? 0);
    }
    const stat = statSync(folder);
    if (!stat.isDirectory()) throw new Error(`${folder} is no folder`);
    if (!this.#isTrusted(stat.uid) || (stat.mode & OTHERS_WRITE) !== 0) {
      throw new Error(`${folder}: others than root and the portmapper's user may write to the folder of the state`);
    }
    // Who runs it: root writes anywhere, others where they own the folder, since a group may not write to it.
    const writer = uid ?? process.geteuid?.();
    if (writer !== undefined && writer !== 0 && writer !== stat.uid) {
      const why = `it belongs to user ${stat.uid}, and user ${writer}, as whom the portmapper is to run, can't write to it`;
      throw new Error(`${folder}: ${why}: chown it, or take another folder for the state`);
    }
  }

  readonly #isTrusted = (uid: number): boolean =>
    process.geteuid === undefined || uid === 0 || uid === process.geteuid() || uid === this.#options.uid;
}

/** A rename lasts when its folder is written. Systems that can't do so for a folder say EISDIR, EPERM or EINVAL. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!["EISDIR", "EPERM", "EINVAL"].includes(systemCode(error) ?? "")) throw error;
  }
}

/**
 * Waits until one of some files changes. Folders are watched, not files: editors write a new file and rename it, and a
 * file that is missing may come. What an event is worth, the files' own contents tell.
 */
import { createHash } from "node:crypto";
import { type BigIntStats, type FSWatcher, readFileSync, realpathSync, statSync, watch } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { MAX_SOURCE_BYTES } from "../limits.ts";
import { Failure, reason } from "./failure.ts";

/** Editors write in several steps, and one command changes many files: what comes so soon is one change. */
const QUIET_MS = 50;
/** A file that never comes to rest is read all the same. */
const MAX_QUIET_MS = 1000;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** A folder that is made anew has another one. */
  readonly identity: string;
}

export class WatchedPaths {
  /** Absolute paths, and what their files looked like before they were read. */
  readonly #paths = new Map<string, string>();
  readonly #folders = new Map<string, WatchedFolder>();
  #isPending = false;
  #wake: (() => void) | undefined;

  /** Number of files that are there. */
  get files(): number {
    return new Set([...this.#paths.keys()].map(realPath).filter((path) => path !== undefined)).size;
  }

  clear(): void {
    this.#paths.clear();
  }

  /** To be called before the file is read, so that no change after that is missed. */
  add(path: string): void {
    const absolute = resolve(path);
    if (!this.#paths.has(absolute)) this.#paths.set(absolute, fingerprint(absolute));
    // What a link leads to changes in a folder of its own.
    const real = realPath(absolute);
    if (real !== undefined && !this.#paths.has(real)) this.#paths.set(real, fingerprint(real));
  }

  /** Watches what has been added, and that alone. Throws a Failure where the system can't. */
  watch(): void {
    const wanted = new Map([...this.#paths.keys()].map(nearestFolder).map((folder) => [folder, identityOf(folder)]));
    for (const [folder, { watcher, identity }] of this.#folders) {
      if (wanted.get(folder) === identity) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const [folder, identity] of wanted) {
      if (!this.#folders.has(folder)) this.#folders.set(folder, { watcher: this.#open(folder), identity });
    }
  }

  #open(folder: string): FSWatcher {
    try {
      const watcher = watch(folder, (_, name) => {
        if (name === null || this.#concerns(folder, name)) this.#event();
      });
      return watcher.on("error", () => {
        this.#event();
      });
    } catch (error) {
      throw new Failure(`can't watch ${folder}: ${reason(error)}`);
    }
  }

  #concerns(folder: string, name: string): boolean {
    const path = join(folder, name);
    // Its own name: the folder itself is gone. A folder on the way to a file may come.
    if (name === basename(folder) || this.#paths.has(path)) return true;
    return [...this.#paths.keys()].some((watched) => watched.startsWith(path + sep));
  }

  #event(): void {
    this.#isPending = true;
    this.#wake?.();
  }

  /** Resolves when a file is not any more what it was before it was read, or when `stop` is aborted. */
  async nextChange(stop: AbortSignal): Promise<void> {
    for (;;) {
      if (!this.#haveChanged()) await this.#nextEvent(stop, Infinity);
      // A file may have been emptied, and not yet been written.
      await this.#rest(stop);
      if (stop.aborted) return;
      this.watch();
      if (this.#haveChanged()) return;
    }
  }

  /** Resolves when no event has come for a while. */
  async #rest(stop: AbortSignal): Promise<void> {
    const end = performance.now() + MAX_QUIET_MS;
    for (let last = "event"; last === "event" && performance.now() < end;) {
      this.#isPending = false;
      last = await this.#nextEvent(stop, QUIET_MS);
    }
  }

  #haveChanged(): boolean {
    return [...this.#paths].some(([path, before]) => fingerprint(path) !== before);
  }

  #nextEvent(stop: AbortSignal, timeoutMs: number): Promise<"event" | "none"> {
    if (stop.aborted) return Promise.resolve("none");
    if (this.#isPending) return Promise.resolve("event");
    return new Promise((settle) => {
      const timer = timeoutMs === Infinity ? undefined : setTimeout(end, timeoutMs, "none");
      const onAbort = (): void => {
        end("none");
      };
      this.#wake = () => {
        end("event");
      };
      const forget = (): void => {
        clearTimeout(timer);
        stop.removeEventListener("abort", onAbort);
        this.#wake = undefined;
      };
      function end(what: "event" | "none"): void {
        forget();
        settle(what);
      }
      stop.addEventListener("abort", onAbort);
    });
  }

  close(): void {
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }
}

/** What the file holds, so that one that is written anew as it was is the same; "" where there is none. */
function fingerprint(path: string): string {
  const stats = statOf(path);
  if (stats === undefined) return "";
  // A pipe would not end.
  if (!stats.isFile()) return "no file";
  if (stats.size > BigInt(MAX_SOURCE_BYTES)) return `${stats.size}:${stats.mtimeNs}`;
  try {
    return createHash("sha256").update(readFileSync(path)).digest("base64");
  } catch {
    return "unreadable";
  }
}

function identityOf(folder: string): string {
  const stats = statOf(folder);
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : "";
}

/** What can't be looked at is not there: whoever reads it says why. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The folder that a path lies in, or would if those on the way were there. */
function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (dirname(folder) !== folder && identityOf(folder) === "") folder = dirname(folder);
  return folder;
}

/**
 * Files seen as memory.
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import { addon } from "./addon.ts";
import type { NativeDescriptor } from "./handle.ts";
import type { Mapping } from "./mapping.ts";
import { descriptorOf, MemoryObject, type MapOptions } from "./memory-object.ts";

interface FileFunctions {
  duplicateDescriptor(fd: number): number;
}

const native = (): FileFunctions => addon() as FileFunctions;

export interface MappedFileOptions {
  /** Makes it where there is none. Default false. */
  create?: boolean | undefined;
  /** With `create`: fails with `EEXIST` where there is one. Default false. */
  exclusive?: boolean | undefined;
  /** For reading alone. Default false. */
  readOnly?: boolean | undefined;
  /** Permissions of a new one, less the umask. Default 0o600: its owner alone. */
  mode?: number | undefined;
  /** Bytes: the file gets this size, whether it is new or not. Default: it stays as it is; a new one has none. */
  size?: number | undefined;
}

/** How a file is mapped: also whether others see what is written. */
export interface MapFileOptions extends MapOptions {
  /**
   * Whether writes go to the file, where everyone sees them. False: they stay in this mapping (`MAP_PRIVATE`), and the file
   * need not be writable, nor `readOnly` is asked. Default true.
   */
  shared?: boolean | undefined;
}

/** A file that is open to be mapped. The mappings stay when it is closed. */
export class MappedFile extends MemoryObject {
  /** @throws Node's own errors of `fs.openSync`: `ENOENT`, `EEXIST` (`exclusive`), `EACCES`, … */
  static open(path: string, options: MappedFileOptions = {}): MappedFile {
    const { create = false, exclusive = false, readOnly = false, mode = 0o600, size } = options;
    const flags =
      (readOnly ? constants.O_RDONLY : constants.O_RDWR) |
      (create ? constants.O_CREAT : 0) |
      (exclusive ? constants.O_EXCL : 0) |
      // A FIFO by this name must not have the process wait for its other end.
      constants.O_NONBLOCK;
    const file = new MappedFile(owned(openSync(path, flags, mode)), readOnly);
    if (size === undefined) return file;
    try {
      file.resize(size);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** As every memory's, and `ENODEV` for what is no file. */
  override map(options: MapFileOptions = {}): Mapping {
    const { shared = true } = options;
    return this.mapPart(shared ? options : { ...options, readOnly: false }, shared);
  }
}

/** Opens a file, maps it, and closes it: the mapping stays. */
export function mapFile(path: string, options: MappedFileOptions & MapFileOptions = {}): Mapping {
  const file = MappedFile.open(path, options);
  try {
    return file.map(options);
  } finally {
    file.close();
  }
}

/**
 * Another descriptor of the file, which is ours alone: Node closes the number that it gave to a worker thread again when the
 * thread ends, whosever it is by then.
 */
function owned(fd: number): NativeDescriptor {
  try {
    return descriptorOf(native().duplicateDescriptor(fd));
  } finally {
    closeSync(fd);
  }
}

/**
 * What the three kinds of System V objects have in common.
 * @module
 */

/** The key of an object that has none: each open makes a new one. */
export const IPC_PRIVATE = 0;

const IPC_CREAT = 0o1000;
const IPC_EXCL = 0o2000;

export interface SysvOpenOptions {
  /** Makes it where there is none. Default false. */
  create?: boolean | undefined;
  /** With `create`: fails with `EEXIST` where there is one. Default false. */
  exclusive?: boolean | undefined;
  /**
   * Permissions of a new one. A key can be guessed, so these are what protects it. Of one that exists: what it must grant
   * to us, so `0o400` opens one that we may only read. Default 0o600: its owner alone; reading and writing.
   */
  mode?: number | undefined;
}

/** Who owns an object, and who may use it (ipc(5)). */
export interface SysvPermissions {
  uid: number;
  gid: number;
  creatorUid: number;
  creatorGid: number;
  /** The nine bits of permissions. */
  mode: number;
}

/** @internal The flags of msgget, semget and shmget. */
export function ipcFlags({ create = false, exclusive = false, mode = 0o600 }: SysvOpenOptions): number {
  return (create ? IPC_CREAT : 0) | (exclusive ? IPC_EXCL : 0) | (mode & 0o777);
}

import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** What every failed call of the kernel is thrown or rejected as: Node's own shape. */
export interface SystemError extends Error {
  /** The error's name: "EAGAIN". */
  code: string;
  /** Its number, negative. */
  errno: number;
  /** The call that failed: "msgrcv". */
  syscall: string;
}

/** A {@link SystemError} that our side of a call makes: a wait whose time was up (`ETIMEDOUT`), or whose handle was closed. */
export function systemError(code: keyof typeof constants.errno, syscall: string): SystemError {
  const errno = -constants.errno[code];
  const [, text] = getSystemErrorMap().get(errno) ?? [code, code];
  return Object.assign(new Error(`${code}: ${text}, ${syscall}`), { code, errno, syscall });
}

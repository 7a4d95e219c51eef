/** What stops the command with a message and exit code 1, and is no fault in the program. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** The system's reason in words, without the code, the call and the path that Node puts around it. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  const words: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EISDIR: "it is a directory",
    ENOTDIR: "part of its path is not a directory",
    EEXIST: "it exists and is not a directory",
    EACCES: "permission denied",
    EPERM: "operation not permitted",
    EROFS: "the file system is read-only",
    ENOSPC: "no space left on the device",
    ENAMETOOLONG: "the name is too long",
    ELOOP: "too many symbolic links",
  };
  return (code === undefined ? undefined : words[code]) ?? error.message;
}

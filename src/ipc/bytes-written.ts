/** @returns the error, with the bytes that were written before it. A signal's reason may refuse to have them. */
export function withBytesWritten(error: unknown, bytesWritten: number): unknown {
  return error instanceof Error && Object.isExtensible(error) ? Object.assign(error, { bytesWritten }) : error;
}

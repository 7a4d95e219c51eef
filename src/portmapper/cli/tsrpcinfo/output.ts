/** Where the command writes. */
export interface Sink {
  write(text: string): unknown;
}

/** What the command says: rpcinfo's lines, or one JSON document. */
export class Output {
  /** Whether it is to be JSON: then lines are not written, and documents are. */
  readonly isJson: boolean;
  readonly #stdout: Sink;
  readonly #stderr: Sink;

  constructor(isJson: boolean, stdout: Sink, stderr: Sink) {
    this.isJson = isJson;
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  /** A line for people. */
  line(text: string): void {
    if (!this.isJson) this.#stdout.write(`${harmless(text)}\n`);
  }

  /** The whole answer for programs. */
  document(value: unknown): void {
    if (this.isJson) this.#stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** What went wrong, for people. */
  error(text: string): void {
    this.#stderr.write(`${harmless(text)}\n`);
  }
}

/** What a portmapper answers may hold escape sequences for the reader's terminal. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) =>
    char === "\n" || char === "\t" ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** Those who wait for the same thing. */

export class Waiters {
  #all: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  /** Settles with the next `resolve` or `reject`. */
  wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#all.push({ resolve, reject });
    });
  }

  resolve(): void {
    if (this.#all.length > 0) for (const { resolve } of this.#take()) resolve();
  }

  reject(error: Error): void {
    for (const { reject } of this.#take()) reject(error);
  }

  #take(): readonly { readonly resolve: () => void; readonly reject: (error: Error) => void }[] {
    const all = this.#all;
    this.#all = [];
    return all;
  }
}

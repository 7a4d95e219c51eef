import { type Admission, CallQueue, type CallQueueOptions, type QueuedCall } from "../../src/runtime/call-queue.ts";

/** A queue, and what became of the calls, which are named by their key and a number. */
export class Trial {
  readonly queue: CallQueue;
  readonly started: string[] = [];
  readonly dropped: string[] = [];

  constructor(options: CallQueueOptions) {
    this.queue = new CallQueue(options);
  }

  call(name: string, started?: () => void): QueuedCall {
    return {
      start: () => {
        this.started.push(name);
        started?.();
      },
      drop: () => {
        this.dropped.push(name);
      },
    };
  }

  admit(name: string, started?: () => void): Admission {
    return this.queue.admit(name.charAt(0), this.call(name, started));
  }

  /** Calls of a key until one is refused; how many were not. */
  fill(key: string, most = 10_000): number {
    for (let i = 0; i < most; i++) if (this.admit(`${key}${i}`) === "full") return i;
    return most;
  }

  /** Ends calls until none runs. */
  drain(): string {
    while (this.queue.running > 0) this.queue.end();
    return this.started.join(" ");
  }
}

import { PosixSharedMemory, Ring, type Mapping, type RingFormatOptions } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { skipFor } from "./skip.ts";

/** What lies where: native/src/ring/layout.h. */
export const header = { push: 128, pop: 384, lock: 8, attachments: 640, attachmentBytes: 128, data: 8704 } as const;

export const bytes = (length: number, fill: number = length): Uint8Array => new Uint8Array(length).fill(fill);

/** 65536 bytes of POSIX shared memory, others for each test of a suite. */
export class RingMemory {
  readonly name: string;
  #memory: PosixSharedMemory | undefined;
  #mapping: Mapping | undefined;

  /** Within `describe`. */
  constructor(name: string) {
    this.name = `/tsrpcgen-${name}-${process.pid}`;
    before(function () {
      skipFor(this, whyNoAddon());
    });
    beforeEach(() => {
      this.#memory = PosixSharedMemory.open(this.name, { create: true, exclusive: true, size: 65_536 });
      this.#mapping = this.#memory.map();
    });
    afterEach(() => {
      this.mapping.close();
      this.memory.close();
      PosixSharedMemory.unlink(this.name);
    });
  }

  get memory(): PosixSharedMemory {
    if (this.#memory === undefined) throw new Error("not within a test");
    return this.#memory;
  }

  get mapping(): Mapping {
    if (this.#mapping === undefined) throw new Error("not within a test");
    return this.#mapping;
  }

  /** Maps so many bytes. */
  resize(size: number): void {
    this.memory.resize(size);
    this.mapping.close();
    this.#mapping = this.memory.map();
  }

  /** A ring of so many bytes for records. */
  ringOf(capacity: number, options: RingFormatOptions = {}): Ring {
    Ring.format(this.mapping, { length: Ring.bytesFor(capacity), ...options });
    return Ring.open(this.mapping);
  }

  hex(from: number, to: number): string {
    return Buffer.from(this.mapping.bytes.subarray(from, to)).toString("hex");
  }
}

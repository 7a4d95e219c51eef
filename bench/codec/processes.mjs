// Peers in processes of their own, which are asked for one figure at a time.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const peerProgram = fileURLToPath(new URL("./peer.mjs", import.meta.url));

export class Peer {
  #child;
  #lines;

  constructor(child) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts it, and waits until it has checked its bytes and is warm. */
  static async start(name, { folder, program }) {
    const [command, args] = name === "c" ? [program, [folder]] : [process.execPath, [peerProgram, name, folder]];
    const peer = new Peer(spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] }));
    const line = await peer.#line(name);
    if (line !== "ready") throw new Error(`${name}: ${line}`);
    return peer;
  }

  async #line(what) {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${what} ended`);
    return value;
  }

  /** Nanoseconds that one takes, or undefined where the peer does not have the workload. */
  async ask(workload, direction, ms) {
    this.#child.stdin.write(`${workload} ${direction} ${ms}\n`);
    const line = await this.#line(`${workload} ${direction}`);
    return line === "none" ? undefined : Number(line);
  }

  stop() {
    this.#child.stdin.end();
  }
}

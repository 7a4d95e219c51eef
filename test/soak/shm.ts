/** Calls over shm, both ends in this process: connections that stay, and some that come and go. */
import { type BoundAddress, type RpcConnection, RpcServer, connect } from "../../src/runtime/index.ts";
import { BLOB, ECHO, SERVICE, testService } from "../runtime/support.ts";
import { type Figures, figures, grown, show } from "./figures.ts";

/** Calls at a time of each connection. */
const AT_ONCE = 32;
/** Calls of a connection that comes and goes. */
const VISIT_CALLS = 2000;
/** Longer than a ring. */
const LARGE_BYTES = 300_000;

class ShmTraffic {
  readonly server: RpcServer;
  readonly #path: string;
  readonly #lasting: readonly RpcConnection[];
  calls = 0;

  private constructor(server: RpcServer, path: string, lasting: readonly RpcConnection[]) {
    this.server = server;
    this.#path = path;
    this.#lasting = lasting;
  }

  static async start(): Promise<ShmTraffic> {
    const server = new RpcServer().add(testService());
    const [{ path }] = (await server.listen({ tcp: false, udp: false, portmap: "off" })) as [BoundAddress];
    const open = (): Promise<RpcConnection> => connect(SERVICE, { path, transport: "shm" });
    return new ShmTraffic(server, path, [await open(), await open()]);
  }

  get outstanding(): number {
    return this.#lasting.reduce((sum, { outstanding }) => sum + outstanding, 0);
  }

  async until(calls: number): Promise<void> {
    while (this.calls < calls) {
      const visitor = await connect(SERVICE, { path: this.#path, transport: "shm" });
      await Promise.all([...this.#lasting, visitor].map((connection) => this.#call(connection, VISIT_CALLS)));
      await visitor.close();
    }
  }

  async #call(connection: RpcConnection, count: number): Promise<void> {
    const worker = async (first: number): Promise<void> => {
      for (let i = first; i < count; i += AT_ONCE) {
        if (i === 0) await connection.call(BLOB, new Uint8Array(LARGE_BYTES));
        else if ((await connection.call(ECHO, i)) !== i) throw new Error("another call's answer");
        this.calls++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, first) => worker(first)));
  }

  /** Resolves when nothing is under way. */
  async rest(): Promise<void> {
    while (this.outstanding > 0 || this.server.connections > this.#lasting.length) await new Promise(setImmediate);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lasting.map((connection) => connection.close()));
    await this.server.close();
  }
}

/** Makes so many calls, with a look at each tenth. @returns what has grown, in words */
export async function soakShm(calls: number): Promise<string[]> {
  const traffic = await ShmTraffic.start();
  const looks: Figures[] = [];
  for (let tenth = 2; tenth <= 10; tenth++) {
    await traffic.until((calls * tenth) / 10);
    const look = await figures(traffic);
    console.log(show(`at ${traffic.calls} calls over shm`, look));
    looks.push(look);
  }
  await traffic.close();
  return grown(looks[0] as Figures, looks.at(-1) as Figures);
}

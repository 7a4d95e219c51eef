import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6 } from "node:net";
import type { AddressInfo } from "node:net";

/** How many ports that the system offers are tried. */
const MAX_TRIES = 16;

/**
 * A port that is free for tcp and udp alike. It is not held: who binds it must be ready to find it taken.
 *
 * @param host - Numeric address; all of this host's where it is undefined.
 */
export async function freePort(host: string | undefined): Promise<number> {
  for (let tries = 1; ; tries++) {
    const tcp = createServer();
    const udp = createSocket(host !== undefined && isIPv6(host) ? "udp6" : "udp4");
    try {
      await once(tcp.listen({ host: host ?? "0.0.0.0", port: 0 }), "listening");
      const { port } = tcp.address() as AddressInfo;
      await once(udp.bind({ address: host ?? "0.0.0.0", port, exclusive: true }), "listening");
      return port;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    } finally {
      udp.close();
      if (tcp.listening) {
        tcp.close();
        await once(tcp, "close");
      }
    }
  }
}

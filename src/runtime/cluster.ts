/** What is otherwise in a worker of `node:cluster`. */
import cluster from "node:cluster";

/**
 * Whether this process is a worker. Node then has the primary bind tcp and UNIX sockets, once for all workers that
 * listen on the same; a udp socket is the worker's own, and shares its port by SO_REUSEPORT. The primary registers.
 */
export function isClusterWorker(): boolean {
  return cluster.isWorker;
}

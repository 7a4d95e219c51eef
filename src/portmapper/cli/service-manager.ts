/** Tells the service manager that has started this process how it does: the protocol of sd_notify(3). */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Logger } from "pino";
import { reason } from "../../runtime/error.ts";
import { sendUnixDatagram } from "../../runtime/transport/native.ts";

/** Milliseconds until it is given up: the portmapper serves all the same. */
const TIMEOUT_MS = 5000;

const VARIABLE = "NOTIFY_SOCKET";

/** Tells it an assignment or more, such as `READY=1`. Never rejects. */
export type Tell = (...assignments: readonly string[]) => Promise<void>;

/**
 * How to tell the service manager (`NOTIFY_SOCKET`), which says nothing where there is none. The variable is deleted, so that no child
 * takes it for its own.
 *
 * The addon sends; without it the command `systemd-notify`, whose messages systemd takes only with `NotifyAccess=all`.
 */
export function serviceManager(logger: Logger): Tell {
  const socket = process.env[VARIABLE] ?? "";
  Reflect.deleteProperty(process.env, VARIABLE);
  if (socket === "") return () => Promise.resolve();
  return async (...assignments) => {
    try {
      if (!sendBySocket(socket, assignments)) await sendByCommand(socket, assignments);
    } catch (error) {
      const message = `${VARIABLE}: can't tell the service manager ${assignments[0] ?? ""}: ${reason(error)}`;
      logger.warn({ event: "service-manager-not-told", error }, message);
    }
  };
}

/** False where there is no addon, or the socket is no UNIX socket (systemd has others, for virtual machines). */
function sendBySocket(socket: string, assignments: readonly string[]): boolean {
  if (!/^[/@]/.test(socket)) return false;
  const address = Buffer.from(socket.replace(/^@/, "\0"));
  return sendUnixDatagram(address, Buffer.from(assignments.join("\n")), TIMEOUT_MS);
}

async function sendByCommand(socket: string, assignments: readonly string[]): Promise<void> {
  const env = { ...process.env, [VARIABLE]: socket };
  await promisify(execFile)("systemd-notify", [...assignments], { env, timeout: TIMEOUT_MS });
}

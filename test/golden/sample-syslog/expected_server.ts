// Sample written by tsrpcgen from input.x. It is yours to change.
import { spawn } from "node:child_process";
import { RpcServer } from "tsrpcgen/runtime";
import { Log } from "./input.js";
import { loggerProgV1Service } from "./input_svc.js";

// Errors go to the system's log by logger(1). Where there is none they go to standard error.
const logger = spawn("logger", ["-t", "input_server", "-p", "daemon.err"], { stdio: ["pipe", "ignore", "ignore"] });
let log = (text: string): void => void logger.stdin.write(`${text}\n`);
const withoutLogger = (): void => {
  log = console.error;
};
logger.on("error", withoutLogger).unref();
logger.stdin.on("error", withoutLogger);
process.removeAllListeners("warning").on("warning", (warning) => log(String(warning)));
process.on("uncaughtException", (error) => {
  log(String(error));
  process.exit(1);
});

const server = new RpcServer({
  idleTimeoutMs: 0,
  onError: (error, { procedure }) => log(`${procedure.name}: ${String(error)}`),
});
server.add(
  loggerProgV1Service({
    setLog(arg) {
      // insert server code here
      return Log.QUIET;
    },
    withoutLogger() {
      // insert server code here
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen({ tcp: false, udp: false, tcp6: true })) {
  console.log(`listening on ${netid} ${address}`);
}

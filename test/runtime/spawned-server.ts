/** Serves its parent. RUN of 1 calls the parent back, of 2 ends with code 7, of 3 by a signal; of 4 it never answers. */
import { RpcServer, serveParent } from "../../src/runtime/index.ts";
import { RUN, testService } from "./support.ts";

const server = new RpcServer().add(
  testService(async (arg, ctx) => {
    switch (arg) {
      case 1:
        return 2 * (await ctx.connection.call(RUN, 21));
      case 2:
        return process.exit(7);
      case 3:
        process.kill(process.pid, "SIGKILL");
        return 0;
      case 4:
        return new Promise<never>(() => undefined);
      case 5:
        return ctx.caller.proven?.pid ?? -1;
      case 6:
        return process.env["TSRPC_PIPE_FD"] === undefined ? 0 : 1;
      default:
        return arg;
    }
  }),
);
await serveParent(server);

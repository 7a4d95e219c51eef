import assert from "node:assert/strict";
import { node24 } from "../codegen/back/node24.ts";
import { whyNoAddon } from "../native/addon.ts";
import { allPrimitives } from "./all-primitives.ts";
import { runScript } from "./node-script.ts";
import { skipFor } from "./skip.ts";

const seen = [
  "pipe [1,2,3]",
  "fifo [1,2,3]",
  "stream [[1,2,3],1]",
  "seqpacket [[1,2,3],1]",
  "datagram [[1,2,3],1]",
  "credentials true",
  "udp [1,2,3]",
  'eventfd "2"',
  'futex ["ok",0]',
  "ring [1,2,3]",
  "file [9,2,3]",
  "shared memory 4096",
  "message queue [3]",
  "semaphore 0",
  "sysv queue 2",
  "sysv semaphores [0,0]",
  "sysv memory 5",
  "list 3",
  "ftok true",
  "signal 77",
  "process [false,true]",
].join("\n");

describe("every primitive of tsrpcgen/ipc, once", function () {
  before(function () {
    skipFor(this, whyNoAddon() ?? (process.platform === "linux" ? undefined : "some of them are Linux's"));
  });

  it("under this Node", async () => {
    assert.equal(await runScript(allPrimitives), seen);
  });

  it("under Node 24, with the binary that was built for this one", async function () {
    this.timeout(240_000);
    let node: string;
    try {
      node = await node24();
    } catch (error) {
      skipFor(this, `Node 24 can't be had: ${String(error)}`);
      return;
    }
    assert.match(await runScript("console.log(process.version)", node), /^v24\./);
    assert.equal(await runScript(allPrimitives, node), seen);
  });
});

/** Ends of shm that send and receive bytes, met as the runtime meets them. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerCredentials } from "../../../src/ipc/index.ts";
import { type ConnectOptions, RpcAddress, connect } from "../../../src/runtime/index.ts";
import { shmAnswer } from "../../../src/runtime/auth/shm.ts";
import { MsgType, ReplyStat, AcceptStat, RpcMsgCodec } from "../../../src/runtime/gen/rpc_msg.ts";
import { descriptorOf } from "../../../src/runtime/transport/tcp-options.ts";
import { askForShm } from "../../../src/runtime/transport/shm/ask.ts";
import type { ShmChannel } from "../../../src/runtime/transport/shm/channel.ts";
import { ShmOffers } from "../../../src/runtime/transport/shm/offers.ts";
import { ShmTransport } from "../../../src/runtime/transport/shm/transport.ts";
import { encode } from "../../../src/xdr/index.ts";
import { RawPeer, SERVICE, hexWords } from "../support.ts";
import { Mailbox, type RawClient, type RawRequest, type RawServer } from "./raw.ts";

const RECORDS = { maxBytes: 8 * 1024 * 1024, maxFragments: 4096 };
const RING_BYTES = 64 * 1024;

/** The client's end of a channel to a server that listens there. */
export async function shmChannel(path: string): Promise<ShmChannel> {
  const socket = connectSocket({ path });
  await once(socket, "connect");
  const channel = await askForShm({ socket, reads: undefined }, RpcAddress.local(path), SERVICE, RECORDS);
  socket.destroy();
  if (typeof channel === "string") throw new Error(channel);
  return channel;
}

/** Messages of a transport, and its end. */
function receiving(transport: ShmTransport): Mailbox<Buffer | Error> {
  const box = new Mailbox<Buffer | Error>();
  transport.start({
    message: (bytes) => {
      box.put(Buffer.from(bytes));
    },
    lost: () => undefined,
    closed: (error) => {
      box.put(error ?? new Error("the connection has ended"));
    },
  });
  return box;
}

async function messageOf(box: Mailbox<Buffer | Error>): Promise<Buffer> {
  const got = await box.take();
  if (got instanceof Error) throw got;
  return got;
}

export async function rawShmClient(path: string): Promise<RawClient> {
  const transport = new ShmTransport(await shmChannel(path), { records: RECORDS, stallTimeoutMs: Infinity });
  const box = receiving(transport);
  return {
    send: (message) => {
      transport.send(message);
    },
    receive: () => messageOf(box),
    ask: async (message) => {
      transport.send(message);
      return hexWords(await messageOf(box));
    },
    pause: () => {
      transport.pause();
    },
    resume: () => {
      transport.resume();
    },
    die: async () => {
      transport.destroy(new Error("it dies"));
      await transport.closed;
    },
  };
}

/** @returns also the ends that it has, for who writes to their memory */
export async function rawShmServer(): Promise<RawServer & { readonly channels: readonly ShmChannel[] }> {
  const channels: ShmChannel[] = [];
  const box = new Mailbox<RawRequest>();
  const transports = new Set<ShmTransport>();
  const offers = new ShmOffers(RING_BYTES);
  const path = join(tmpdir(), `tsrpcgen-raw-${randomUUID()}`);
  const met = (channel: ShmChannel): void => {
    channels.push(channel);
    const transport = new ShmTransport(channel, { records: RECORDS, stallTimeoutMs: Infinity });
    transports.add(transport);
    void transport.closed.then(() => transports.delete(transport));
    const received = receiving(transport);
    const reply = (bytes: Uint8Array): void => {
      transport.send(bytes);
    };
    void (async (): Promise<void> => {
      for (;;) box.put({ message: await messageOf(received), reply });
    })().catch(() => undefined);
  };
  const listener = createServer((socket) => {
    socket.on("error", () => undefined);
    const peer = RawPeer.over(socket);
    void (async (): Promise<void> => {
      const xid = (await peer.receive()).readUInt32BE();
      const verf = shmAnswer(offers.make({ credentials: peerCredentials(descriptorOf(socket) ?? -1), path }, met));
      const areply = { verf, replyData: { stat: AcceptStat.SUCCESS, results: new Uint8Array(0) } } as const;
      peer.send(
        encode(RpcMsgCodec, {
          xid,
          body: { mtype: MsgType.REPLY, rbody: { stat: ReplyStat.MSG_ACCEPTED, areply } },
        }),
      );
    })().catch(() => undefined);
  });
  listener.listen({ path });
  await once(listener, "listening");
  const to: ConnectOptions = { path, transport: "shm", timeoutMs: 5000 };
  const hangUp = async (): Promise<void> => {
    for (const transport of transports) {
      transport.destroy(new Error("it hangs up"));
      await transport.closed;
    }
  };
  return {
    channels,
    to,
    connect: (options = {}) => connect(SERVICE, { ...to, ...options }),
    next: () => box.take(),
    hangUp,
    close: async () => {
      await hangUp();
      offers.close();
      listener.close();
      await once(listener, "close");
      rmSync(path, { force: true });
    },
  };
}

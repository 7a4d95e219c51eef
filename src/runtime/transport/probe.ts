/** A question that is put to a server before a connection is used: a call of NULL with a credential that asks for something. */
import { randomInt } from "node:crypto";
import { XdrReader, encode } from "../../xdr/index.ts";
import type { RpcAddress } from "../address.ts";
import { NO_AUTH } from "../auth/none.ts";
import { MsgType, type OpaqueAuth, RPC_MSG_VERSION, RpcMsgCodec } from "../gen/rpc_msg.ts";
import { type Reply, readReply } from "../reply.ts";
import type { ReadSocket } from "./placed-reads.ts";
import { type RecordLimits, RecordReader, frameRecord } from "./record-marking.ts";

/** The program whose NULL procedure carries the question. */
export interface ProbedService {
  readonly program: number;
  readonly version: number;
}

/**
 * Asks. Leaves the socket paused, with nothing read that belongs to whoever uses it next. Rejects where no proper answer came: the
 * socket is of no use then.
 */
export function probe(
  { socket, reads }: ReadSocket,
  peer: RpcAddress,
  service: ProbedService,
  credential: OpaqueAuth,
  records: RecordLimits,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const xid = randomInt(0x1_0000_0000);
    const reader = new RecordReader(records);
    let answer: Reply | undefined;
    const read = (piece: Uint8Array): void => {
      try {
        reader.push(piece, (record) => {
          // What comes unasked may be anyone's, where the question is for TLS (RFC 9289 section 5.1.1).
          if (answer !== undefined) throw new Error("something in clear came behind the answer");
          answer = readAnswer(record, xid, peer);
        });
        if (answer === undefined) return;
        if (reader.partial) throw new Error("something in clear came behind the answer");
        release();
        resolve(answer);
      } catch (error) {
        fail(error as Error);
      }
    };
    const fail = (error: Error): void => {
      release();
      reader.abandon();
      reject(error);
    };
    const ended = (): void => {
      fail(new Error("the connection ended"));
    };
    const release = (): void => {
      reads?.stop();
      socket.off("data", read).off("error", fail).off("end", ended).off("close", ended).pause();
    };
    socket.on("error", fail).on("end", ended).on("close", ended);
    if (reads === undefined) socket.on("data", read);
    else {
      reads.start({ place: () => undefined, filled: () => undefined, read });
      socket.resume();
    }
    socket.write(frameRecord(probeMessage(xid, service, credential)));
  });
}

/** The question. */
export function probeMessage(xid: number, { program, version }: ProbedService, cred: OpaqueAuth): Uint8Array {
  const cbody = { rpcvers: RPC_MSG_VERSION, prog: program, vers: version, proc: 0, cred, verf: NO_AUTH };
  return encode(RpcMsgCodec, { xid, body: { mtype: MsgType.CALL, cbody } });
}

/** The answer. Throws for what is no answer to the question with that xid. */
export function readAnswer(record: Uint8Array, xid: number, peer: RpcAddress): Reply {
  const reply = readReply(record, new XdrReader(record, { strictness: "tolerant" }), { peer });
  if (new DataView(record.buffer, record.byteOffset).getUint32(0) !== xid)
    throw new Error("the answer is to another call");
  return reply;
}

// The limit that Node sets: sockets and record marks, and nothing else. One write for all records of a read.
//
//   echo.mjs server PATH                                             prints the ports of tcp and udp
//   echo.mjs client NETID ADDRESS CONNECTIONS OUTSTANDING WHAT SECONDS   prints JSON
//
// WHAT: 0, as long as a call of NOTHING; bytes; or give:BYTES, short messages with long answers.
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { drive } from "./drive.mjs";

const LAST = 0x8000_0000;
/** Bytes of a call without arguments, without its mark. */
const CALL_BYTES = 40;
const given = new Map();

/** Calls `record` for each record, a view; gives what is left of the last one. */
function takeRecords(held, piece, record) {
  const bytes = held.length === 0 ? piece : Buffer.concat([held, piece]);
  let at = 0;
  while (bytes.length - at >= 4) {
    const end = at + 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff);
    if (end > bytes.length) break;
    record(bytes.subarray(at, end));
    at = end;
  }
  return bytes.subarray(at);
}

/** The same, of records that are longer than a read: each is put together in memory of its own. */
function longRecords(record) {
  let [whole, filled] = [undefined, 0];
  return (piece) => {
    for (let at = 0; at < piece.length;) {
      if (whole === undefined) [whole, filled] = [Buffer.allocUnsafe(4 + (piece.readUInt32BE(at) & 0x7fff_ffff)), 0];
      const copied = piece.copy(whole, filled, at);
      at += copied;
      filled += copied;
      if (filled < whole.length) return;
      record(whole);
      whole = undefined;
    }
  };
}

function frame(length) {
  const message = Buffer.alloc(4 + length);
  message.writeUInt32BE(LAST + length);
  return message;
}

/** What a server answers to a message of `give`: the number of bytes stands behind the mark, where a call has its xid. */
function answerTo(record) {
  if (record.length !== 12) return record;
  const size = record.readUInt32BE(4);
  if (!given.has(size)) given.set(size, frame(size));
  return given.get(size);
}

function serveSocket(socket) {
  let held = Buffer.alloc(0);
  socket.setNoDelay?.(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (piece) => {
    socket.cork();
    held = takeRecords(held, piece, (record) => socket.write(answerTo(record)));
    process.nextTick(() => socket.uncork());
  });
}

async function serve(path) {
  const tcp = createServer(serveSocket).listen({ host: "127.0.0.1", port: 0, backlog: 1024 });
  const udp = createSocket("udp4").bind(0, "127.0.0.1");
  udp.on("message", (message, from) => udp.send(message, from.port, from.address));
  await Promise.all([once(tcp, "listening"), once(udp, "listening")]);
  await once(createServer(serveSocket).listen({ path, backlog: 1024 }), "listening");
  console.log(tcp.address().port);
  console.log(udp.address().port);
}

/** Calls of one socket: what has come answers the first that waits. A promise each, as whoever calls anything wants one. */
class Waiting {
  #first = 0;
  #resolves = [];

  add() {
    return new Promise((resolve) => this.#resolves.push(resolve));
  }

  answered(record) {
    const resolve = this.#resolves[this.#first++];
    // Taken off in one go, not one by one.
    if (this.#first === 1024) {
      this.#resolves.splice(0, 1024);
      this.#first = 0;
    }
    resolve(record);
  }
}

async function openStream(netid, address, message, isLong) {
  const socket = connect(netid === "local" ? { path: address } : { host: "127.0.0.1", port: Number(address) });
  await once(socket, "connect");
  socket.setNoDelay(true);
  const waiting = new Waiting();
  const record = (bytes) => waiting.answered(bytes);
  const takeLong = longRecords(record);
  let held = Buffer.alloc(0);
  socket.on("data", (piece) => {
    if (isLong) takeLong(piece);
    else held = takeRecords(held, piece, record);
  });
  let isCorked = false;
  const call = () => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    socket.write(message);
    return waiting.add();
  };
  return { call, close: () => socket.destroy() };
}

async function openDatagrams(address, message) {
  const socket = createSocket("udp4");
  socket.connect(Number(address), "127.0.0.1");
  await once(socket, "connect");
  const waiting = new Waiting();
  socket.on("message", (bytes) => waiting.answered(bytes));
  const call = () => {
    socket.send(message);
    return waiting.add();
  };
  return { call, close: () => socket.close() };
}

async function load(netid, address, connections, outstanding, what, seconds) {
  const gives = what.startsWith("give:") ? Number(what.slice(5)) : undefined;
  const size = Number(what);
  const message = gives === undefined ? frame(CALL_BYTES + (size === 0 ? 0 : size + 4)) : frame(8);
  if (gives !== undefined) message.writeUInt32BE(gives, 4);
  const open = () =>
    netid === "udp"
      ? openDatagrams(address, message.subarray(4))
      : openStream(netid, address, message, gives !== undefined);
  const opened = await Promise.all(Array.from({ length: connections }, open));
  const figures = await drive(
    opened.map(({ call }) => call),
    outstanding,
    seconds,
  );
  for (const { close } of opened) close();
  return figures;
}

const [role, ...args] = process.argv.slice(2);
if (role === "server") await serve(args[0]);
else {
  const [netid, address, connections, outstanding, what, seconds] = args;
  console.log(
    JSON.stringify(await load(netid, address, Number(connections), Number(outstanding), what, Number(seconds))),
  );
}

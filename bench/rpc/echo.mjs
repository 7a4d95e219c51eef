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
/** Bytes of a message that asks for others. */
const GIVE_BYTES = 8;
/** From here on a message is not copied behind its mark. */
const LONG_BYTES = 64 * 1024;
const given = new Map();

/** Calls `record` with the message of each record, a view; gives what is left of the last one. */
function takeRecords(held, piece, record) {
  const bytes = held.length === 0 ? piece : Buffer.concat([held, piece]);
  let at = 0;
  while (bytes.length - at >= 4) {
    const end = at + 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff);
    if (end > bytes.length) break;
    record(bytes.subarray(at + 4, end));
    at = end;
  }
  return bytes.subarray(at);
}

/** The same, of messages that are longer than a read: each is put together in memory of its own. */
function longRecords(record) {
  let [whole, filled, mark] = [undefined, 0, Buffer.alloc(0)];
  return (read) => {
    const piece = mark.length === 0 ? read : Buffer.concat([mark, read]);
    mark = Buffer.alloc(0);
    for (let at = 0; at < piece.length;) {
      if (whole === undefined) {
        if (piece.length - at < 4) {
          mark = piece.subarray(at);
          return;
        }
        [whole, filled] = [Buffer.allocUnsafe(piece.readUInt32BE(at) & 0x7fff_ffff), 0];
        at += 4;
      }
      const copied = piece.copy(whole, filled, at);
      at += copied;
      filled += copied;
      if (filled < whole.length) return;
      record(whole);
      whole = undefined;
    }
  };
}

/** What a server answers: to a message of `give`, which tells how many, so many bytes. */
function answerTo(message) {
  if (message.length !== GIVE_BYTES) return message;
  const size = message.readUInt32BE(0);
  if (!given.has(size)) given.set(size, Buffer.alloc(size));
  return given.get(size);
}

/** As a record, in bytes of its own; a long one is not copied. */
function put(socket, message) {
  if (message.length > LONG_BYTES) {
    const mark = Buffer.allocUnsafe(4);
    mark.writeUInt32BE(LAST + message.length);
    socket.write(mark);
    socket.write(message);
    return;
  }
  const record = Buffer.allocUnsafe(4 + message.length);
  record.writeUInt32BE(LAST + message.length);
  record.set(message, 4);
  socket.write(record);
}

function serveSocket(socket) {
  let held = Buffer.alloc(0);
  socket.setNoDelay?.(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (piece) => {
    socket.cork();
    held = takeRecords(held, piece, (message) => put(socket, answerTo(message)));
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
    put(socket, message);
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
  const message = Buffer.alloc(gives !== undefined ? GIVE_BYTES : CALL_BYTES + (size === 0 ? 0 : size + 4));
  if (gives !== undefined) message.writeUInt32BE(gives);
  const open = () =>
    netid === "udp" ? openDatagrams(address, message) : openStream(netid, address, message, gives !== undefined);
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

// What is measured, and which figures are set beside which.

/** Where client and server run: both on one core, one each, or wherever the system puts them. */
export const PLACES = {
  same: { client: "0", server: "0" },
  cross: { client: "0", server: "1" },
  any: { client: "0-1", server: "0-1" },
};
const GIVEN_BYTES = 1 << 20;
const sizes = [
  { what: "0", name: "null" },
  { what: "1024", name: "1 KiB" },
];
const many = (connections) => ({ connections, outstanding: 64, place: "cross", figure: "perSecond" });
const processes = { connections: 8, outstanding: 1, place: "any", figure: "perSecond" };
const one = { connections: 1, outstanding: 1, place: "same", figure: "p50Us" };

/**
 * A pair of figures, ours and a peer's, and the ratio that is wanted of them: of calls a second at least, of a call's time at
 * most. The first of both is ours.
 */
function pair(title, goal, shape, [client, server], [peerClient, peerServer], own = {}) {
  const ours = { ...shape, client, server, ...own };
  return { title, goal, figure: shape.figure, ours, peer: { ...shape, client: peerClient, server: peerServer } };
}

const OURS = ["ours", "ours"];
const ECHO = ["echo", "echo"];
const C = ["C", "C"];
const streams = ["tcp", "local"];
const netids = [...streams, "udp"];
const each = (list, what) => list.flatMap((item) => sizes.map((size) => what(item, size)));

const pipelined = [
  ...each(netids, (netid, { what, name }) =>
    pair(`${netid}, ${name}: 64 outstanding, raw echo`, 0.85, { ...many(1), netid, what }, OURS, ECHO),
  ),
  ...each(streams, (netid, { what, name }) =>
    pair(
      `${netid}, ${name}: 8 connections, 64 outstanding on each, raw echo`,
      0.85,
      { ...many(8), netid, what },
      OURS,
      ECHO,
    ),
  ),
  ...each(["tcp"], (netid, { what, name }) =>
    pair(`${netid}, ${name}: 64 outstanding, @grpc/grpc-js`, 40, { ...many(1), netid, what }, OURS, ["grpc", "grpc"]),
  ),
  ...each(streams, (netid, { what, name }) => ({
    title: `${netid}, ${name}: 64 outstanding, 8 libtirpc clients of libtirpc's server`,
    goal: 4,
    figure: "perSecond",
    ours: { ...many(1), netid, what, client: "ours", server: "ours" },
    peer: { ...processes, netid, what, client: "C processes", server: "C" },
  })),
];

const servers = [
  ...[1, 8].flatMap((connections) =>
    each(streams, (netid, { what, name }) =>
      pair(
        `${netid}, ${name}: C's load on ${connections === 1 ? "1 connection" : "8 connections"}, 64 outstanding, two cores`,
        1.4,
        { ...many(connections), netid, what },
        ["load", "ours"],
        ["load", "C"],
      ),
    ),
  ),
  ...streams.map(
    (netid) =>
    pair(`${netid}, null: C's load, 64 outstanding, one core`, 1, { ...many(1), place: "same", netid, what: "0" }, ["load", "ours"], ["load", "C"]), // prettier-ignore
  ),
  ...each(
    streams,
    (netid, { what, name }) =>
    pair(`${netid}, ${name}: 8 libtirpc clients, unpinned`, 0.8, { ...processes, netid, what }, ["C processes", "ours"], ["C processes", "C"]), // prettier-ignore
  ),
];

const latencies = [
  ...each(
    netids,
    (netid, { what, name }) =>
    pair(`${netid}, ${name}: libtirpc's client`, { tcp: 1.4, local: 1.5, udp: 1.65 }[netid], { ...one, netid, what }, ["C", "ours"], C), // prettier-ignore
  ),
  ...each(netids, (netid, { what, name }) =>
    pair(`${netid}, ${name}: our client, raw echo`, 1.15, { ...one, netid, what }, OURS, ECHO),
  ),
  ...sizes.map(
    ({ what, name }) =>
    pair(`local by shared memory (the addon), ${name}: our client, C to C`, 1.4, { ...one, netid: "local", what }, OURS, C, { netid: "shm" }), // prettier-ignore
  ),
  ...sizes.map(
    ({ what, name }) =>
    pair(`local, blocking (the addon), ${name}: our client, C to C`, undefined, { ...one, netid: "local", what }, OURS, C, { netid: "sync" }), // prettier-ignore
  ),
];

const long = streams.map((netid) =>
  pair(
    `${netid}: replies of 1 MiB, 4 outstanding, raw echo`,
    0.8,
    { connections: 1, outstanding: 4, place: "cross", figure: "perSecond", netid, what: `give:${GIVEN_BYTES}` },
    OURS,
    ECHO,
  ),
);

/** Groups of pairs, in the order of the report. */
export const groups = [
  { title: "Calls a second, client and server on a core each", pairs: pipelined },
  { title: "Calls a second, our server beside libtirpc's", pairs: servers },
  { title: "One call at a time, both on one core: µs, half of them within", pairs: latencies },
  { title: "Megabytes a second", pairs: long },
];

/** A case's key: pairs share what they measure. */
export function keyOf({ client, server, netid, connections, outstanding, what, place }) {
  return [client, server, netid, connections, outstanding, what, place].join(" ");
}

/** Each case once, by key: ours and its peers' by turns. */
export const cases = new Map(
  groups.flatMap(({ pairs }) => pairs.flatMap(({ ours, peer }) => [ours, peer])).map((it) => [keyOf(it), it]),
);

/** Whether a goal is reached. Of times less is better. */
export function isReached({ goal, figure }, ratio) {
  return figure === "p50Us" ? ratio <= goal : ratio >= goal;
}

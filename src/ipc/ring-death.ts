/** What a dead process had of one end of a ring. */
export type RingHold =
  /** Nothing. */
  | "free"
  /** The end, without an operation that could be half done. */
  | "held"
  /** It was killed after its operation had happened and before it was counted: it is counted now. */
  | "finished"
  /** It was killed before its operation happened: the record was not pushed, or is still there. */
  | "undone";

/** A use of a ring whose process has ended without closing it. */
export interface RingDeath {
  pid: number;
  role: "producer" | "consumer" | "both" | "none";
  /** Records that it had pushed. */
  pushed: number;
  /** Records that it had popped. */
  popped: number;
  pushEnd: RingHold;
  popEnd: RingHold;
}

/** @internal As the addon tells it. */
export function ringDeath([pid, pushed, popped, found]: [number, number, number, number]): RingDeath {
  const pushEnd = hold(found & 0xf);
  const popEnd = hold(found >> 4);
  const produced = pushed > 0 || pushEnd !== "free";
  const consumed = popped > 0 || popEnd !== "free";
  const role = produced ? (consumed ? "both" : "producer") : consumed ? "consumer" : "none";
  return { pid, role, pushed, popped, pushEnd, popEnd };
}

function hold(found: number): RingHold {
  if ((found & 2) !== 0) return "finished";
  if ((found & 4) !== 0) return "undone";
  return (found & 1) !== 0 ? "held" : "free";
}

/** What a portmapper tells of itself: for a log and for metrics. */
import type { Registration } from "./registry.ts";

/** Why a call was not granted, where that is its caller's doing. */
export type RefusalReason =
  /** SET or UNSET from another host. */
  | "not-local"
  /** The caller's network is not in `allow`. */
  | "not-allowed"
  /** The reply over udp would have been longer than the request, or than any datagram; then the caller is told SYSTEM_ERR. */
  | "reply-too-long"
  /** An indirect call to a program that none may be made to. */
  | "indirect-denied"
  /** Indirect calls come faster than `maxPerSecond`, or too many are under way. */
  | "indirect-limited"
  /** Replies that others do not read hold all the places that there are for large ones. */
  | "busy";

/** What is known of a call that an event is about. */
export interface CallOrigin {
  /** Of the portmapper's protocol: 2, 3 or 4. */
  readonly version: number;
  /** Name as in the protocol's `.x`, such as `RPCBPROC_SET`. */
  readonly procedure: string;
  /** `tcp`, `udp`, `tcp6`, `udp6` or `local`. */
  readonly transport: string;
  /** For people: `10.0.0.1:1023`; `socket` for the local one. */
  readonly peer: string;
}

/** One event. */
export type PortmapperEvent =
  | { readonly kind: "registered" | "unregistered"; readonly registration: Registration }
  | {
      readonly kind: "pruned";
      readonly registration: Registration;
      /** `process-gone`: the process that registered it has ended, and nobody answers; `no-answer`: nobody answers. */
      readonly reason: "process-gone" | "no-answer";
    }
  | { readonly kind: "refused"; readonly origin: CallOrigin; readonly reason: RefusalReason }
  | {
      readonly kind: "indirect";
      readonly origin: CallOrigin;
      readonly program: number;
      readonly version: number;
      readonly procedure: number;
    }
  /** A call that its caller may make, in front of its answer; only with `tellCalls`. */
  | { readonly kind: "called"; readonly origin: CallOrigin }
  | { readonly kind: "failed"; readonly origin: CallOrigin; readonly error: unknown }
  /** So many registrations were found in the state file. */
  | { readonly kind: "restored"; readonly registrations: number }
  /** The state file is from before the system's last start: what it has does not hold any more. */
  | { readonly kind: "state-outdated"; readonly path: string }
  /** The state file can't be read: nothing of it is taken. */
  | {
      readonly kind: "state-damaged";
      readonly path: string;
      readonly reason: string;
      /** What it is called now; undefined where it could not be renamed. */
      readonly setAside: string | undefined;
    }
  | { readonly kind: "state-not-written"; readonly path: string; readonly error: unknown };

/** Told of each event, as it happens. What it throws ends the process: it is a bug of its own. */
export type PortmapperEventListener = (event: PortmapperEvent) => void;

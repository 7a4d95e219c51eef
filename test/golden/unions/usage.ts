/** What the generated types allow, and what they refuse. Compiled with them by test/codegen/back/compile.test.ts. */
import { Color, type Closed, type Option, type Paint, type Result, type Shape } from "./input.js";
import type { Directory, Node } from "../lists/input.js";
import type { CalcProgV1Handlers, CalcProgV2Handlers } from "../programs/input_svc.js";
import type { CalcProgV2Client } from "../programs/input_clnt.js";
import { NO_REPLY } from "tsrpcgen/runtime";

/** Over an enum the discriminant narrows. */
export function area(shape: Shape): number | string {
  switch (shape.c) {
    case Color.RED:
      return shape.radius;
    case Color.GREEN:
      return shape.name;
    case Color.BLUE:
      return shape.exact.r;
  }
}

export const blue: Paint = { c: Color.BLUE };
// @ts-expect-error: the default arm is void, and RED's arm has a field.
export const red: Paint = { c: Color.RED };
// @ts-expect-error: 7 is no color.
export const odd: Paint = { c: 7 };

/** Over integers the default's discriminant is any number, and the arms' fields narrow. */
export function summary(result: Result): string {
  if (result.list !== undefined) return result.list.join();
  if (result.reason !== undefined) return result.reason;
  return result.code.toFixed();
}
// @ts-expect-error: fields of two arms.
export const both: Result = { status: 0, list: [], code: 1 };

export function cookie(closed: Closed): bigint | undefined {
  return closed.version === 4 ? closed.cookie : undefined;
}

export function value(option: Option): number {
  return option.present ? option.value.r : 0;
}

// A pointer is always there, and null where it points nowhere.
export const node: Node = { id: 1n, data: new Uint8Array(), next: null };
// @ts-expect-error: next is missing.
export const cut: Node = { id: 1n, data: new Uint8Array() };
export const empty: Directory = { entries: null, eof: true };

export const partial: CalcProgV1Handlers = { add: (a, b) => a + b };
export const silent: CalcProgV2Handlers = { add: () => NO_REPLY, name: async (name) => Promise.resolve(name) };
// @ts-expect-error: hyper is a bigint.
export const wrong: CalcProgV2Handlers = { add: (a: bigint, b: bigint) => Number(a + b) };

export const sum = (client: CalcProgV2Client): Promise<bigint> => client.add(1n, 2n, { timeoutMs: 10 });

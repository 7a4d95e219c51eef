// Sample written by tsrpcgen from input.x. It is yours to change.
import { RpcServer } from "tsrpcgen/runtime";
import { Unit } from "./input.js";
import type { S5 } from "./input.js";
import { doubledProgV1Service } from "./input_svc.js";

const neutralS5: S5 = {
  a: {
    a: {
      a: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
      b: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
    },
    b: {
      a: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
      b: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
    },
  },
  b: {
    a: {
      a: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
      b: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
    },
    b: {
      a: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
      b: {
        a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
        b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      },
    },
  },
};

const server = new RpcServer();
server.add(
  doubledProgV1Service({
    take(arg) {
      // insert server code here
      return {
        a: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
        b: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
      };
    },
    give(arg) {
      // insert server code here
      return {
        ofBoth: [
          {
            a: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
            b: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
          },
          {
            a: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
            b: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
          },
        ],
      };
    },
  }),
);

process.once("SIGINT", () => void server.close());
process.once("SIGTERM", () => void server.close());

for (const { netid, address } of await server.listen()) {
  console.log(`listening on ${netid} ${address}`);
}

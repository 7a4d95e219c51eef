// Sample written by tsrpcgen from input.x. It is yours to change.
import { Unit } from "./input.js";
import type { S5 } from "./input.js";
import { DoubledProgV1Client } from "./input_clnt.js";

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

async function callDoubledProgV1(host: string): Promise<void> {
  await using client = await DoubledProgV1Client.connect(host);
  console.log(
    "TAKE",
    await client.take({
      a: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
      b: { a: { a: neutralS5, b: neutralS5 }, b: { a: neutralS5, b: neutralS5 } },
    }),
  );
  console.log(
    "GIVE",
    await client.give({
      a: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
      b: { a: { number: 0, of: Unit.METRE }, b: { number: 0, of: Unit.METRE } },
    }),
  );
}

const host = process.argv[2];
if (host === undefined) {
  console.error("usage: input_client host");
  process.exit(1);
}
await callDoubledProgV1(host);

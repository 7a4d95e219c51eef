import { type ByHyper, type ByUnsignedHyper, type CNames, GREETING, Kind, LETTER, ONE_S_NUMBER } from "./input.js";
import { DialectProgV1Client } from "./input_clnt.js";

const greeting: "hello\tworld" = GREETING;
const letters: readonly [65, 65] = [LETTER, ONE_S_NUMBER];
const last: 109 = Kind.LAST_KIND;

export function read(value: ByHyper): number | undefined {
  return value.h === 0x1_0000_0000n ? value.a : undefined;
}

export function both(value: ByUnsignedHyper): string | bigint {
  return value.s;
}

export async function use(client: DialectProgV1Client, names: CNames): Promise<number> {
  await client.none();
  await client.one({ c: 5 });
  await client.many(1, null, "two", "three");
  return client.named(names);
}
export { greeting, last, letters };

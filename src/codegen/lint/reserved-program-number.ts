import type { Rule } from "./context.ts";

/** RFC 5531 section 8.3, from the number on, the last first. */
const RANGES: readonly (readonly [from: number, why: string | undefined])[] = [
  [0x80000000, "reserved"],
  [0x60000000, "reserved"],
  [0x40000000, "for numbers that programs choose while they run"],
  [0x00000001, undefined],
  [0x00000000, "reserved"],
];

export const reservedProgramNumber: Rule = ({ model }, report) => {
  for (const program of model.definitions) {
    if (program.kind !== "program") continue;
    const [, why] = RANGES.find(([from]) => program.number >= from) ?? [];
    if (why === undefined) continue;
    const message = `the number of program '${program.name}', 0x${program.number.toString(16)}, is of a range that is ${why}`;
    report(program.span, message, {
      hint: "numbers for one's own use are 0x20000000 to 0x3fffffff (RFC 5531, section 8.3)",
    });
  }
};

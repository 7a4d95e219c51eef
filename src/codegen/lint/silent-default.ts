import type { Rule } from "./context.ts";

/**
 * One value and void for all else is how results come with a status. Where there are several kinds of values, a receiver
 * that lacks a later one takes it for void, and reads its bytes as what follows.
 */
export const silentDefault: Rule = ({ model }, report) => {
  for (const definition of model.definitions) {
    if (definition.kind !== "union" || !definition.defaultArm || definition.defaultArm.field) continue;
    const values = definition.arms.filter(({ field }) => field).length;
    if (values < 2) continue;
    const message = `'${definition.name}' has ${values} kinds of values, and void for all that may come later`;
    report(definition.defaultArm.span, message, { hint: "without a default an unknown kind is refused" });
  }
};

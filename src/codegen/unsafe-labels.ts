/** Cases that no number can be: with hypers as numbers, a union over hyper can't switch on what is no safe integer. */
import type { Diagnostic } from "./diagnostics.ts";
import type { Model } from "./model.ts";

export function unsafeLabels({ definitions }: Model): Diagnostic[] {
  return definitions.flatMap((definition) => {
    if (definition.kind !== "union") return [];
    return definition.arms.flatMap(({ labels, span }) =>
      labels
        .filter(({ value }) => typeof value === "bigint" && !Number.isSafeInteger(Number(value)))
        .map(({ value }): Diagnostic => {
          const message = `case ${value} is no safe integer: with hypers as numbers it can't be told from others`;
          return { code: "case-range", severity: "error", message, span };
        }),
    );
  });
}

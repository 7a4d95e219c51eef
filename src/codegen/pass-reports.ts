/** What is found in a pass other than RPC_XDR's: one that can't be read is left out, and need not stop those that can. */
import type { Span } from "./ast.ts";
import { diagnosticCodes } from "./diagnostic-codes.ts";
import type { Report } from "./diagnostics.ts";
import type { Pass } from "./preprocess/macros.ts";

type Reported = Parameters<Report>;

/** Keeps what is reported until it is known whether the pass counts. */
export class PassReports {
  readonly #list: Reported[] = [];

  readonly report: Report = (...reported) => {
    this.#list.push(reported);
  };

  /** The first mistake in the order in which they were found; undefined where the pass can be read. */
  mistake(): Reported | undefined {
    return this.#list.find(([code]) => diagnosticCodes[code].severity === "error");
  }

  replay(report: Report): void {
    for (const reported of this.#list) report(...reported);
  }
}

/** Warns of passes that are left out: once for those that have the same mistake. */
export function reportLeftOut(
  passes: readonly { readonly pass: Pass; readonly mistake: Reported }[],
  report: Report,
): void {
  const byPlace = new Map<string, { passes: Pass[]; span: Span; message: string }>();
  for (const { pass, mistake } of passes) {
    const [, span, message] = mistake;
    const key = `${span.file}:${span.start}:${message}`;
    const known = byPlace.get(key);
    if (known) known.passes.push(pass);
    else byPlace.set(key, { passes: [pass], span, message });
  }
  for (const { passes: names, span, message } of byPlace.values()) {
    const hint = "what RPC_XDR selects is taken: that makes the bytes in C";
    report(
      "pass-left-out",
      span,
      `what ${listed(names)} ${names.length > 1 ? "select" : "selects"} is left out, since it can't be read: ${message}`,
      { hint },
    );
  }
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

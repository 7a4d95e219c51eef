/** Lines of the log for people. */

/** What pino writes of a line. */
interface Written {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly error?: string | { readonly stack?: string };
}

/** `2026-01-31T12:00:00.000Z warn refused …`. Where an error has arisen follows in lines of its own, indented. */
export function humanLine(json: string): string {
  const { time, level, msg, error } = JSON.parse(json) as Written;
  const stack = typeof error === "object" ? (error.stack ?? "") : "";
  const text = [msg, ...stack.split("\n").filter((line) => line !== "")].map(printable).join("\n    ");
  return `${time} ${level.padEnd(5)} ${text}\n`;
}

/** A caller's text is shown as text: no line of the log that it makes up, and no command to a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

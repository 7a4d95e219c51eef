/** Whether text for people has colours. */

/**
 * On a terminal alone, unless the user says otherwise: `FORCE_COLOR`, but for `0` and `false`, asks for colours anywhere;
 * `NO_COLOR`, where it is not empty, refuses them (https://no-color.org). Where both are set the former counts, as in Node.
 */
export function wantsColor(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: terminal } = env;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (refused !== undefined && refused !== "") return false;
  return isTerminal && terminal !== "dumb";
}

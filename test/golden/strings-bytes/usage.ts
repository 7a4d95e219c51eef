/** A string is bytes wherever it stands, and a type of the `.x` that takes the global's name stays apart. */
import type { Answer, Title, Uint8Array as Held } from "./input.js";
import type { TextProgV1Client } from "./input_clnt.js";
import type { TextProgV1Handlers } from "./input_svc.js";

export const title: Title = new Uint8Array(3);
// @ts-expect-error: text is no bytes.
export const text: Title = "abc";
export const answer: Answer = { ok: true, text: title };
export const held: Held = { held: title };
export const handlers: TextProgV1Handlers = { echo: (bytes) => bytes.subarray(1), clip: () => title };
export const echo = (client: TextProgV1Client): Promise<Uint8Array> => client.echo(Buffer.from("abc"));

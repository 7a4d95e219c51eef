import { Failure } from "./failure.ts";
import { type MessageFormat, type Messages, messagesFor, type Output } from "./messages.ts";

/** Runs a command with messages of a format. A failure is a message, too, and `trouble` the exit code. */
export async function guarded(
  format: MessageFormat,
  output: Output,
  run: (messages: Messages) => Promise<number>,
  trouble = 1,
): Promise<number> {
  const messages = messagesFor(format, output);
  try {
    return await run(messages);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    messages.failure(error.message);
    return trouble;
  } finally {
    messages.end();
  }
}

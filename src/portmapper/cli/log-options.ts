/** Forms of the log: `human` for people, `json` for programs. */
export type LogForm = "human" | "json" | "off";
export const LOG_FORMS: readonly LogForm[] = ["human", "json", "off"];

/** From the most to the least. */
export type LogLevel = "debug" | "info" | "warn" | "error";
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

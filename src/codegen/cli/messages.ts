/** What a run says on standard error: text for people, or one JSON document for programs. */
import type { Span } from "../ast.ts";
import type { Finding } from "../diagnostics.ts";
import { type DiagnosticJson, diagnosticJson, jsonLines, messageJson } from "../json/diagnostics.ts";
import { placeJson } from "../json/place.ts";
import type { SourceTexts } from "../preprocess/source.ts";
import { positionOf, renderDiagnostics } from "../render-diagnostic.ts";

export type MessageFormat = "text" | "json";

/** Where a command's words go. */
export interface Output {
  readonly out: (text: string) => Promise<void>;
  readonly err: (text: string) => void;
  /** Whether `err` takes colours. */
  readonly color: boolean;
}

export interface Messages {
  readonly findings: (findings: readonly Finding[], texts: SourceTexts) => void;
  readonly note: (message: string) => void;
  /** A note about a place. */
  readonly noteAt: (code: string, message: string, span: Span, texts: SourceTexts) => void;
  readonly failure: (message: string) => void;
  /** Says what has been kept. To be called once, last. */
  readonly end: () => void;
}

export function messagesFor(format: MessageFormat, output: Output): Messages {
  return format === "json" ? jsonMessages(output) : textMessages(output);
}

function textMessages({ err, color }: Output): Messages {
  return {
    findings: (findings, texts) => {
      err(renderDiagnostics(findings, texts, { color }));
    },
    note: (message) => {
      err(`tsrpcgen: ${message}\n`);
    },
    noteAt: (_, message, span, texts) => {
      const { file, line } = positionOf(span, texts);
      err(`${file}:${line}: ${message}\n`);
    },
    failure: (message) => {
      err(`tsrpcgen: ${message}\n`);
    },
    end: () => undefined,
  };
}

/** A document of each run, an empty one too: a reader needs no case for nothing. */
function jsonMessages({ err }: Output): Messages {
  const kept: DiagnosticJson[] = [];
  return {
    findings: (findings, texts) => {
      kept.push(...findings.map((finding) => diagnosticJson(finding, texts)));
    },
    note: (message) => {
      kept.push(messageJson("note", "note", message));
    },
    noteAt: (code, message, span, texts) => {
      kept.push({ ...messageJson("note", code, message), ...placeJson(span, texts) });
    },
    failure: (message) => {
      kept.push(messageJson("error", "failure", message));
    },
    end: () => {
      err(jsonLines(kept));
    },
  };
}

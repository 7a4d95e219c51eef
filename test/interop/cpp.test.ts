import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { Diagnostics } from "../../src/codegen/diagnostics.ts";
import { preprocess } from "../../src/codegen/preprocess/preprocess.ts";
import { SourceText } from "../../src/codegen/preprocess/source.ts";
import { scanTokens } from "../../src/codegen/preprocess/tokens.ts";
import { runs, SEED } from "./differential/seed.ts";
import { needs } from "./namespace.ts";

/** What C's preprocessor makes of a text: its words, or undefined where it finds an error. */
function byC(text: string): string[] | undefined {
  const { status, stdout } = spawnSync("cpp", ["-P", "-undef", "-nostdinc", "-w", "-"], {
    input: text,
    encoding: "utf8",
  });
  // Pragmas are left in for the compiler, which .x files have none.
  return status === 0 ? wordsOf(stdout.replace(/^#.*$/gm, "")) : undefined;
}

function byUs(text: string): string[] | undefined {
  const diagnostics = new Diagnostics();
  const options = { defines: [], undefines: [], includeDirs: [], pass: "RPC_XDR", followHeaders: false } as const;
  const source = new SourceText("<stdin>", text);
  const { text: output } = preprocess(source, { ...options, read: () => undefined }, diagnostics.report);
  return diagnostics.errors === 0 ? wordsOf(output) : undefined;
}

function wordsOf(text: string): string[] {
  return [...scanTokens(text)].map((token) => token.text);
}

const NAMES = ["A", "B", "C", "D", "E"];
const name = fc.constantFrom(...NAMES);
const word = fc.oneof(
  { weight: 4, arbitrary: name },
  fc.constantFrom(
    "x",
    "y",
    "1",
    "0",
    "0x1F",
    "010",
    "2u",
    "+",
    "-",
    "*",
    "[",
    "]",
    ";",
    "<",
    "'c'",
    '"s"',
    "/* A */",
    "1.5e+3",
    "__LINE__",
    "__FILE__",
    "__STDC__",
    "\\\n",
  ),
);
const spaced = fc
  .array(fc.tuple(word, fc.constantFrom(" ", " ", "  ", "/* */")), { maxLength: 6 })
  .map((parts) => parts.map((it) => it.join("")).join(""));
/** Calls with any number of arguments, which may be wrong. */
const use = fc.oneof(
  spaced,
  fc
    .tuple(name, fc.array(spaced, { maxLength: 3 }), fc.constantFrom("", " ", "\n"))
    .map(([macro, args, gap]) => `${macro}${gap}(${args.join(",")})`),
);
const parameters = fc.constantFrom("", "", "(p)", "(p)", "(p, q)", "()", "(p, ...)", "(...)");
const piece = fc.oneof(
  word,
  fc.constantFrom("p", "q", "p", "(", ")", "(p)", ",", "__VA_ARGS__", "#p", "p ## q", "x ## p", "p ## 1"),
);
const define = fc
  .tuple(name, parameters, fc.array(piece, { maxLength: 6 }))
  .map(([macro, given, body]) => `#define ${macro}${given} ${body.join(" ")}`);

const number = fc.constantFrom(
  "0",
  "1",
  "2",
  "3",
  "7",
  "0x10",
  "010",
  "-1",
  "4294967295",
  "__LINE__",
  "__STDC__",
  "1u",
  "'a'",
  "x",
  "A",
  "B",
  "C",
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    number,
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom(
          "+",
          "-",
          "*",
          "/",
          "%",
          "<<",
          ">>",
          "&",
          "|",
          "^",
          "&&",
          "||",
          "==",
          "!=",
          "<",
          ">=",
          ">",
          "<=",
        ),
        tie("expression"),
      )
      .map((parts) => parts.join(" ")),
    fc.tuple(fc.constantFrom("!", "-", "~", "+"), tie("expression")).map((parts) => parts.join(" ")),
    tie("expression").map((inner) => `(${inner})`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
    name.map((macro) => `defined ${macro}`),
    name.map((macro) => `defined(${macro})`),
  ),
}));
const line = fc.oneof(
  { weight: 3, arbitrary: use },
  { weight: 3, arbitrary: define },
  name.map((macro) => `#undef ${macro}`),
  fc.tuple(fc.constantFrom("#ifdef", "#ifndef"), name).map((parts) => parts.join(" ")),
  expression.map((it) => `#if ${it}`),
  expression.map((it) => `#elif ${it}`),
  fc.constant("#else"),
  { weight: 2, arbitrary: fc.constant("#endif") },
  fc.constant("# pragma x"),
  fc.constantFrom("#line 7", '#line 300 "other.x"', '#line 1 "a\\"b.x"'),
);

/** Takes out what closes nothing, and closes what is open: else nearly every text would be an error. */
function balanced(lines: readonly string[]): string {
  const open: boolean[] = [];
  const kept = lines.filter((it) => {
    if (/^#if/.test(it)) open.push(false);
    else if (it === "#endif") return open.pop() !== undefined;
    else if (it === "#else" || it.startsWith("#elif")) {
      if (open.at(-1) !== false) return false;
      if (it === "#else") open[open.length - 1] = true;
    }
    return true;
  });
  return [...kept, ...open.map(() => "#endif"), ""].join("\n");
}

describe(`interop: our preprocessor and C's (TSRPC_SEED=${SEED})`, function () {
  this.timeout(60_000);
  before(needs({ commands: { cpp: "cpp" } }));

  it("agree on macros and conditions", () => {
    let errors = 0;
    let count = 0;
    const text = fc.array(line, { minLength: 3, maxLength: 14 }).map(balanced);
    fc.assert(
      fc.property(text, (it) => {
        const expected = byC(it);
        count += 1;
        if (expected === undefined) errors += 1;
        assert.deepEqual(byUs(it), expected, it);
      }),
      runs(200),
    );
    assert.ok(errors < count / 2, `${errors} of ${count} texts were errors`);
  });

  it("agree on the value of expressions", () => {
    fc.assert(
      fc.property(fc.array(expression, { minLength: 20, maxLength: 20 }), (all) => {
        for (const group of [all, ...all.map((it) => [it])]) {
          const text = group.map((it, at) => `#if ${it}\nyes${at}\n#else\nno${at}\n#endif\n`).join("");
          const expected = byC(text);
          // One mistake hides the others: then each is asked for itself.
          assert.deepEqual(byUs(text), expected, text);
          if (expected !== undefined) break;
        }
      }),
      runs(15),
    );
  });
});

/** Sources that are nearly right: those of the corpus with words, lines or characters changed. */
import type { Random } from "../random.ts";
import { corpus } from "./corpus.ts";

/** Words that mean something somewhere in the language, in C's preprocessor, or in the TypeScript that comes of it. */
const words: readonly string[] = [
  ..."const enum struct union switch case default typedef program version opaque string void bool".split(" "),
  ..."unsigned signed namespace int long short char hyper quad float double quadruple u_int int64_t TRUE FALSE NULL".split(
    " ",
  ),
  ..."( ) { } [ ] < > = , ; : :: * - + ~ ! ? . / & | ^ % # ## @ $ \\ \" ' ` \0 __proto__ constructor then class".split(
    " ",
  ),
  ..."await eval arguments undefined NaN Infinity Symbol Promise Uint8Array Error w r value at encode decode".split(
    " ",
  ),
  ..."0 1 -1 007 08 0x 0xFFFFFFFF 2147483648 4294967295 4294967296 18446744073709551616 1e9 0b11 1.5".split(" "),
  "99999999999999999999999999",
  "\n#define X ",
  "\n#define F(a, b) a##b #a\n",
  "\n#undef X\n",
  "\n#if ",
  "\n#if 1\n",
  "\n#ifdef X\n",
  "\n#ifndef X\n",
  "\n#elif 0\n",
  "\n#else\n",
  "\n#endif\n",
  '\n#include "input.x"\n',
  '\n#include "date.x"\n',
  "\n#include <rpc/types.h>\n",
  '\n# 12 "else.x"\n',
  '\n#line 2147483647 "\\"x"\n',
  "\n#pragma once\n",
  "\n#error no\n",
  "\n#\n",
  "\n%#include <stdio.h>\n",
  "\n%#define LIMIT 3\n",
  "\n%ts export const extra = 1;\n",
  "\n%",
  "/*",
  "*/",
  "//",
  "\\\n",
  "\r\n",
  "\f",
  "\uFEFF",
  "\u2028",
  "\ud800",
  "é",
  "X F(1, 2) X",
];

const PIECES = /[A-Za-z_0-9]+|[ \t]+|\n|[^\sA-Za-z_0-9]|\s/g;

/** A file of the corpus with up to eight changes of words, or parts of others in it. */
export function mutatedWords(random: Random): string {
  const pieces = piecesOf(random.pick(corpus).text);
  for (let changes = random.between(1, 8); changes > 0; changes--) {
    const at = random.below(pieces.length + 1);
    switch (random.below(6)) {
      case 0:
        pieces.splice(at, random.between(1, 4));
        break;
      case 1:
        pieces.splice(at, 0, ` ${random.pick(words)} `);
        break;
      case 2:
        pieces.splice(at, 1, random.pick(words));
        break;
      case 3:
        pieces.splice(at, 0, ...pieces.slice(at, at + random.between(1, 60)));
        break;
      case 4:
        pieces.splice(at, 0, ...partOf(random, random.pick(corpus).text));
        break;
      case 5:
        // The same name for two things, one thing by another's name.
        pieces.splice(at, 1, random.pick(pieces.length === 0 ? words : pieces));
        break;
    }
  }
  return pieces.join("");
}

function piecesOf(text: string): string[] {
  return text.match(PIECES) ?? [];
}

function partOf(random: Random, text: string): string[] {
  const pieces = piecesOf(text);
  const start = random.below(pieces.length + 1);
  return pieces.slice(start, start + random.between(1, 100));
}

/** A file of the corpus with up to ten changes of characters, cut off somewhere at times. */
export function mutatedCharacters(random: Random): string {
  let { text } = random.pick(corpus);
  for (let changes = random.between(1, 10); changes > 0; changes--) {
    const at = random.below(text.length + 1);
    const removed = random.below(3);
    const added = random.oneIn(3) ? "" : random.oneIn(2) ? random.pick(words) : String.fromCharCode(character(random));
    text = text.slice(0, at) + added + text.slice(at + removed);
  }
  return random.oneIn(6) ? text.slice(0, random.below(text.length + 1)) : text;
}

function character(random: Random): number {
  return random.oneIn(5) ? random.below(0x10000) : random.below(0x80);
}

/** Words in any order. */
export function wordSoup(random: Random): string {
  return random.times(random.below(120), () => random.pick(words)).join(random.oneIn(3) ? "" : " ");
}

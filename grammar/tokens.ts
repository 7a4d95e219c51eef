/**
 * The vocabulary of the RPC language (RFC 4506 section 6.2), as the preprocessor leaves it. Comments and `%` lines are kept
 * in token groups of their own: the parser does not see them, and the AST's builder finds them by their offsets.
 */
import type { CustomPatternMatcherFunc, TokenType } from "chevrotain";
import { createToken, Lexer } from "./chevrotain.ts";

/** A letter or `_`, then letters, digits and `_`. */
export const Identifier: TokenType = createToken({
  name: "Identifier",
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  label: "a name",
});

function keyword(name: string): TokenType {
  return createToken({ name, pattern: name.toLowerCase(), longer_alt: Identifier, label: `'${name.toLowerCase()}'` });
}

export const Bool: TokenType = keyword("Bool");
export const Case: TokenType = keyword("Case");
export const Char: TokenType = keyword("Char");
export const Const: TokenType = keyword("Const");
export const Default: TokenType = keyword("Default");
export const Double: TokenType = keyword("Double");
export const Enum: TokenType = keyword("Enum");
export const Float: TokenType = keyword("Float");
export const Hyper: TokenType = keyword("Hyper");
export const Int: TokenType = keyword("Int");
export const Long: TokenType = keyword("Long");
export const Opaque: TokenType = keyword("Opaque");
export const Quadruple: TokenType = keyword("Quadruple");
export const Short: TokenType = keyword("Short");
export const String: TokenType = keyword("String");
export const Struct: TokenType = keyword("Struct");
export const Switch: TokenType = keyword("Switch");
export const Typedef: TokenType = keyword("Typedef");
export const Union: TokenType = keyword("Union");
export const Unsigned: TokenType = keyword("Unsigned");
export const Void: TokenType = keyword("Void");

/** These are words only where they may begin a definition: as identifiers they are taken elsewhere. */
function contextualKeyword(name: string): TokenType {
  const word = name.toLowerCase();
  return createToken({ name, pattern: word, longer_alt: Identifier, categories: [Identifier], label: `'${word}'` });
}

export const Program: TokenType = contextualKeyword("Program");
export const Version: TokenType = contextualKeyword("Version");
export const Namespace: TokenType = contextualKeyword("Namespace");
export const Pragma: TokenType = contextualKeyword("Pragma");

/** Any spelling of a number: xdrpp has a `+` before it, goxdr a `'` or `_` between digits. */
export const Constant: TokenType = createToken({ name: "Constant", pattern: Lexer.NA, label: "a number" });
/** `0x`, `08`, `12ab`: the parser takes it as a number, and the AST's builder reports it. */
export const MalformedConstant: TokenType = createToken({
  name: "MalformedConstant",
  pattern: /[-+]?[0-9](?:'?[A-Za-z0-9_.])*/,
  categories: [Constant],
});
const number = { categories: [Constant], longer_alt: MalformedConstant };
export const HexadecimalConstant: TokenType = createToken({
  name: "HexadecimalConstant",
  pattern: /[-+]?0[xX][0-9a-fA-F](?:['_]?[0-9a-fA-F])*/,
  ...number,
});
export const OctalConstant: TokenType = createToken({
  name: "OctalConstant",
  pattern: /[-+]?0(?:['_]?[0-7])*/,
  ...number,
});
export const DecimalConstant: TokenType = createToken({
  name: "DecimalConstant",
  pattern: /[-+]?[1-9](?:['_]?[0-9])*/,
  ...number,
});

/** C's: one character, or an escape sequence. The AST's builder finds its value. */
export const CharacterConstant: TokenType = createToken({
  name: "CharacterConstant",
  pattern: /'(?:[^'\\\r\n]|\\.)*'/,
  label: "a character",
});
export const StringConstant: TokenType = createToken({
  name: "StringConstant",
  pattern: /"(?:[^"\\\r\n]|\\.)*"/,
  label: "a string",
});

function punctuation(name: string, pattern: string): TokenType {
  return createToken({ name, pattern, label: `'${pattern}'` });
}

export const LeftBrace: TokenType = punctuation("LeftBrace", "{");
export const RightBrace: TokenType = punctuation("RightBrace", "}");
export const LeftParenthesis: TokenType = punctuation("LeftParenthesis", "(");
export const RightParenthesis: TokenType = punctuation("RightParenthesis", ")");
export const LeftBracket: TokenType = punctuation("LeftBracket", "[");
export const RightBracket: TokenType = punctuation("RightBracket", "]");
export const LeftAngle: TokenType = punctuation("LeftAngle", "<");
export const RightAngle: TokenType = punctuation("RightAngle", ">");
export const Star: TokenType = punctuation("Star", "*");
export const Comma: TokenType = punctuation("Comma", ",");
/** xdrpp's, between the names of a namespace and of what stands in it. */
export const DoubleColon: TokenType = punctuation("DoubleColon", "::");
export const Colon: TokenType = punctuation("Colon", ":");
export const Semicolon: TokenType = punctuation("Semicolon", ";");
export const Equals: TokenType = punctuation("Equals", "=");

/** Form feeds and vertical tabs come with text cut from RFCs; a `\` before a line's end is C's. */
export const WhiteSpace: TokenType = createToken({
  name: "WhiteSpace",
  pattern: /(?:[ \t\r\n\f\v]|\\\r?\n)+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
/** Means nothing in front of a text, and is an illegal character elsewhere. */
export const ByteOrderMark: TokenType = createToken({
  name: "ByteOrderMark",
  pattern: (text, offset) => (offset === 0 ? /^\ufeff/.exec(text) : null),
  start_chars_hint: ["\ufeff"],
  line_breaks: false,
  group: Lexer.SKIPPED,
});
export const BlockComment: TokenType = createToken({
  name: "BlockComment",
  pattern: /\/\*[\s\S]*?\*\//,
  group: "comments",
  line_breaks: true,
});
export const LineComment: TokenType = createToken({ name: "LineComment", pattern: /\/\/[^\r\n]*/, group: "comments" });
/** Stands behind {@link BlockComment}, so it matches only where no end follows, and takes all the rest: one mistake, one message. */
export const UnterminatedComment: TokenType = createToken({
  name: "UnterminatedComment",
  pattern: /\/\*[\s\S]*/,
  group: "unterminated",
  line_breaks: true,
});

/** A whole line, but only where its first character stands in column 0. */
function lineInColumnZero(line: RegExp): CustomPatternMatcherFunc {
  return (text, offset) => {
    if (offset > 0 && text[offset - 1] !== "\n" && text[offset - 1] !== "\r") return null;
    line.lastIndex = offset;
    return line.exec(text);
  };
}

/** rpcgen copies these lines into its C output. */
export const Passthrough: TokenType = createToken({
  name: "Passthrough",
  pattern: lineInColumnZero(/%[^\r\n]*/y),
  start_chars_hint: ["%"],
  line_breaks: false,
  group: "passthrough",
});
/** In the order in which the lexer tries them: keywords before {@link Identifier}, `::` before `:`, a comment before one without an end. */
export const vocabulary: TokenType[] = [
  WhiteSpace,
  ByteOrderMark,
  BlockComment,
  LineComment,
  UnterminatedComment,
  Passthrough,
  ...[
    Bool,
    Case,
    Char,
    Const,
    Default,
    Double,
    Enum,
    Float,
    Hyper,
    Int,
    Long,
    Opaque,
    Quadruple,
    Short,
    String,
    Struct,
  ],
  ...[Switch, Typedef, Union, Unsigned, Void, Program, Version, Namespace, Pragma],
  Identifier,
  HexadecimalConstant,
  DecimalConstant,
  OctalConstant,
  MalformedConstant,
  Constant,
  CharacterConstant,
  StringConstant,
  ...[LeftBrace, RightBrace, LeftParenthesis, RightParenthesis, LeftBracket, RightBracket, LeftAngle, RightAngle],
  ...[Star, Comma, DoubleColon, Colon, Semicolon, Equals],
];

/** Tracks full positions: the ends of a tree's nodes come from the ends of tokens. */
export const lexer: Lexer = new Lexer(vocabulary, { positionTracking: "full", ensureOptimizations: true });

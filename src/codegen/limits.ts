/** Bounds of the front end: whatever a file says, reading it takes a bounded stack and ends in a bounded list. */

/**
 * Levels of types within types: of brackets in the text, and of definitions that hold each other by value; of macros
 * within macros, and of expressions. Parser, builders and sizes recurse over them, and the stack is finite. No known
 * `.x` file passes 20.
 */
export const MAX_NESTING = 256;

/** Bytes of a file, and characters of a file with all that it includes. The longest known `.x` file has 250,000. */
export const MAX_SOURCE_BYTES: number = 4 * 1024 * 1024;

/** Files that include each other: as many as gcc takes. */
export const MAX_INCLUDE_DEPTH = 200;

/** Tokens that macros make in one file: a few lines of them can ask for more than any memory holds. */
export const MAX_EXPANSION = 1_000_000;

/** Errors that one run keeps, and as many warnings: a file that is no `.x` at all would give thousands. */
export const MAX_ERRORS = 100;

/**
 * Searches for a name that resembles an unknown one. Each takes time in proportion to the number of names in the file.
 */
export const MAX_SUGGESTIONS = 50;

/** Syntax errors after which the parser gives up: recovering from each takes time, and what follows is no `.x` any more. */
export const MAX_SYNTAX_ERRORS = 1000;

/**
 * Tokens that the parser looks at in search of places to go on, after which it gives up: where there is no such place, each
 * error has it search to the end of the file.
 */
export const MAX_RECOVERY_SEARCH = 5_000_000;

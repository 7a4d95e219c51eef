/** Bounds of the front end: whatever a file says, reading it takes a bounded stack and ends in a bounded list. */

/**
 * Levels of types within types: of brackets in the text, and of definitions that hold each other by value. Parser, builders
 * and sizes recurse over them, and the stack is finite. No known `.x` file passes 20.
 */
export const MAX_NESTING = 256;

/** Errors that one run keeps: a file that is no `.x` at all would give thousands. */
export const MAX_ERRORS = 100;

/**
 * Searches for a name that resembles an unknown one. Each takes time in proportion to the number of names in the file.
 */
export const MAX_SUGGESTIONS = 50;

/** Syntax errors after which the parser gives up: recovering from each takes time, and what follows is no `.x` any more. */
export const MAX_SYNTAX_ERRORS = 1000;

import { LANGUAGE_WORDS, LOCAL_NAMES } from "../reserved.ts";
import type { Scope } from "./scope.ts";

/** A variable for a member, apart from what a generated function uses; it is added to `locals`. */
export function localName(scope: Scope, member: string, locals: Set<string>): string {
  let name = member;
  while (LANGUAGE_WORDS.has(name) || LOCAL_NAMES.test(name) || scope.names.declared.has(name) || locals.has(name)) {
    name += "_";
  }
  locals.add(name);
  return name;
}

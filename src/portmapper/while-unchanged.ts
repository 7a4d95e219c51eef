import type { Registry } from "./registry.ts";

/** What `make` gives of a registry, made anew where that has changed since. It must not be changed. */
export function whileUnchanged<T>(registry: Registry, make: () => T): () => T {
  let made: { readonly revision: number; readonly value: T } | undefined;
  return () => {
    if (made?.revision !== registry.revision) made = { revision: registry.revision, value: make() };
    return made.value;
  };
}

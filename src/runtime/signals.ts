/** Listeners of signals: one on each signal, however many calls it is given to, since Node warns of more than ten. */

const listening = new WeakMap<AbortSignal, { readonly all: Set<() => void>; readonly fire: () => void }>();

/** Calls `aborted` when the signal fires, unless `stopListening` is called before. */
export function listen(signal: AbortSignal, aborted: () => void): void {
  const known = listening.get(signal);
  if (known !== undefined) {
    known.all.add(aborted);
    return;
  }
  const all = new Set([aborted]);
  const fire = (): void => {
    listening.delete(signal);
    for (const each of [...all]) each();
  };
  listening.set(signal, { all, fire });
  signal.addEventListener("abort", fire, { once: true });
}

/** The signal keeps nothing of what is not interested any more. */
export function stopListening(signal: AbortSignal, aborted: () => void): void {
  const known = listening.get(signal);
  if (known === undefined) return;
  known.all.delete(aborted);
  if (known.all.size > 0) return;
  listening.delete(signal);
  signal.removeEventListener("abort", known.fire);
}

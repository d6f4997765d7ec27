/**
 * Saves the unfinished form a moment after each key, one save at a time, the newest last; whoever leaves the form waits
 * for it. Never decides what the form holds.
 */
import type { Host } from "./host";
import type { CorrectionDraft, LetterDraft } from "./types";

export type Keeping = "untouched" | "saving" | "saved" | "failed";

const pause = 200;

export class DraftKeeper<Draft> {
  readonly #keep: (draft: Draft) => Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #waiting: Draft | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: Keeping = "untouched";

  constructor(keep: (draft: Draft) => Promise<unknown>) {
    this.#keep = keep;
  }

  readonly subscribe = (told: () => void): (() => void) => {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  };

  readonly state = (): Keeping => this.#state;

  keep(draft: Draft): void {
    this.#waiting = draft;
    this.#become("saving");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), pause);
  }

  /** Saves what waits and answers when all saves are done. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running = this.#running.then(() => this.#save());
    return this.#running;
  }

  /** Forgets what waits (the letter is being registered or cleared) and answers when no save runs any more. */
  forget(): Promise<void> {
    clearTimeout(this.#timer);
    this.#waiting = null;
    return this.#running.then(() => this.#become("untouched"));
  }

  async #save(): Promise<void> {
    const draft = this.#waiting;
    if (draft === null) return;
    this.#waiting = null;
    try {
      await this.#keep(draft);
      if (this.#waiting === null) this.#become("saved");
    } catch {
      // The form still holds everything; the next key tries again.
      this.#waiting ??= draft;
      this.#become("failed");
    }
  }

  #become(state: Keeping): void {
    this.#state = state;
    for (const told of this.#listeners) told();
  }
}

type Keepers = { letter: DraftKeeper<LetterDraft>; correction: DraftKeeper<CorrectionDraft> };

const keepers = new WeakMap<Host, Keepers>();

/** The keepers of a host: of the unfinished form, and of an unfinished correction. */
export function keepersOf(host: Host): Keepers {
  const known = keepers.get(host);
  if (known !== undefined) return known;
  const made: Keepers = {
    letter: new DraftKeeper((draft) => host.call("intake_keep_draft", { draft })),
    correction: new DraftKeeper((draft) => host.call("letters_keep_correction", { draft })),
  };
  keepers.set(host, made);
  return made;
}

/** Saves whatever waits, before the clerk leaves. */
export async function keepAll(host: Host): Promise<void> {
  const { letter, correction } = keepersOf(host);
  await Promise.all([letter.flush(), correction.flush()]);
}

/** Forgets whatever waits: whoever typed it has left, and what was not saved by then belongs to nobody else. */
export function forgetAll(host: Host): void {
  const { letter, correction } = keepersOf(host);
  void letter.forget();
  void correction.forget();
}

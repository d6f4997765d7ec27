/**
 * Saves the unfinished form a moment after each key, one save at a time, the newest last; whoever leaves the form waits
 * for it. Never decides what the form holds.
 */
import type { Host } from "./host";
import type { CorrectionDraft, LetterDraft, LetterId } from "./types";

export type Keeping = "untouched" | "saving" | "saved" | "failed";

const pause = 200;

export class DraftKeeper<Draft> {
  readonly #keep: (draft: Draft) => Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #waiting: Draft | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: Keeping = "untouched";
  /** Raised when what waits is forgotten: a save that fails afterwards brings nothing back. */
  #forgotten = 0;

  constructor(keep: (draft: Draft) => Promise<unknown>) {
    this.#keep = keep;
  }

  readonly subscribe = (told: () => void): (() => void) => {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  };

  readonly state = (): Keeping => this.#state;

  /** What no save has taken yet. */
  waiting(): Draft | null {
    return this.#waiting;
  }

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
    this.#forgotten += 1;
    return this.#running.then(() => this.#become("untouched"));
  }

  async #save(): Promise<void> {
    const draft = this.#waiting;
    if (draft === null) return;
    this.#waiting = null;
    const forgotten = this.#forgotten;
    try {
      await this.#keep(draft);
      if (this.#waiting === null) this.#become("saved");
    } catch {
      // The form still holds everything; the next key tries again.
      if (forgotten !== this.#forgotten) return;
      this.#waiting ??= draft;
      this.#become("failed");
    }
  }

  #become(state: Keeping): void {
    this.#state = state;
    for (const told of this.#listeners) told();
  }
}

/** The keepers of a host: of the unfinished form, and of each letter's unfinished correction. */
class Keepers {
  readonly letter: DraftKeeper<LetterDraft>;
  readonly #host: Host;
  readonly #corrections = new Map<LetterId, DraftKeeper<CorrectionDraft>>();

  constructor(host: Host) {
    this.#host = host;
    this.letter = new DraftKeeper((draft) => host.call("intake_keep_draft", { draft }));
  }

  correctionOf(letter: LetterId): DraftKeeper<CorrectionDraft> {
    const known = this.#corrections.get(letter);
    if (known !== undefined) return known;
    const made = new DraftKeeper<CorrectionDraft>((draft) => this.#host.call("letters_keep_correction", { draft }));
    this.#corrections.set(letter, made);
    return made;
  }

  /** Saves whatever waits, before the clerk leaves. */
  async flush(): Promise<void> {
    await Promise.all([this.letter, ...this.#corrections.values()].map((keeper) => keeper.flush()));
  }

  /** Forgets whatever waits: whoever typed it has left, and what was not saved by then belongs to nobody else. */
  forget(): void {
    for (const keeper of [this.letter, ...this.#corrections.values()]) void keeper.forget();
    this.#corrections.clear();
  }
}

const keepers = new WeakMap<Host, Keepers>();

export function keepersOf(host: Host): Keepers {
  const known = keepers.get(host);
  if (known !== undefined) return known;
  const made = new Keepers(host);
  keepers.set(host, made);
  return made;
}

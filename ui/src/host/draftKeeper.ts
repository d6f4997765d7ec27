/**
 * Saves the unfinished form a moment after each key, one save at a time, the newest last; whoever leaves the form waits
 * for it. Never decides what the form holds.
 */
import type { Host } from "./host";
import type { LetterDraft } from "./types";

export type Keeping = "untouched" | "saving" | "saved" | "failed";

const pause = 200;

export class DraftKeeper {
  readonly #host: Host;
  readonly #listeners = new Set<() => void>();
  #waiting: LetterDraft | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #state: Keeping = "untouched";

  constructor(host: Host) {
    this.#host = host;
  }

  readonly subscribe = (told: () => void): (() => void) => {
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  };

  readonly state = (): Keeping => this.#state;

  keep(draft: LetterDraft): void {
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
      await this.#host.call("intake_keep_draft", { draft });
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

const keepers = new WeakMap<Host, DraftKeeper>();

/** The one keeper of a host. */
export function keeperOf(host: Host): DraftKeeper {
  const known = keepers.get(host);
  if (known !== undefined) return known;
  const made = new DraftKeeper(host);
  keepers.set(host, made);
  return made;
}

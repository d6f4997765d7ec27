/** Where the keys go when a place opens, comes back, or fills late. */
import { useEffect, useRef, useState } from "react";

/**
 * The focus of each place: it comes back where it was. A wish puts it elsewhere once the place is there.
 */
export function useFocusMemory(spot: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(new Map<string, HTMLElement>());
  const wished = useRef<{ spot: string; selector: string } | null>(null);
  const [wishes, setWishes] = useState(0);
  const origin = useRef<{ spot: string; element: HTMLElement | null } | null>(null);

  useEffect(() => {
    const remember = (event: FocusEvent) => {
      const { target } = event;
      const place =
        target instanceof HTMLElement ? target.closest<HTMLElement>("[data-spot]")?.dataset.spot : undefined;
      if (
        place !== undefined &&
        target instanceof HTMLElement &&
        target.closest("[data-question]") === null &&
        target.tagName !== "H1"
      ) {
        last.current.set(place, target);
      }
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a further wish runs it again
  useEffect(() => {
    let tries = 0;
    let frame = 0;
    const late = new MutationObserver(() => {
      const { activeElement } = document;
      const first = activeElement?.closest("[data-spot]")?.querySelector<HTMLElement>("[data-first]");
      if (activeElement?.tagName !== "H1") late.disconnect();
      else if (first !== null && first !== undefined) first.focus();
    });
    const put = () => {
      const place = main.current?.querySelector<HTMLElement>(`[data-spot="${spot}"]`);
      const wish = wished.current?.spot === spot ? wished.current : null;
      const known = last.current.get(spot);
      const target =
        (wish !== null ? place?.querySelector<HTMLElement>(wish.selector) : null) ??
        (wish === null && known?.isConnected === true ? known : null) ??
        (tries > 20
          ? (place?.querySelector<HTMLElement>("[data-first]") ?? place?.querySelector<HTMLElement>("h1"))
          : null);
      if (target !== null && target !== undefined) {
        wished.current = null;
        target.focus();
        // Only the title is there so far: what the place is for takes the focus when it comes.
        if (target.tagName === "H1" && main.current !== null)
          late.observe(main.current, { childList: true, subtree: true });
        return;
      }
      // A place shown for the first time takes the focus by itself (its first field) as soon as it is loaded.
      if (wish === null && place?.contains(document.activeElement) === true) return;
      tries += 1;
      if (tries < 120) frame = requestAnimationFrame(put);
    };
    // Whoever types in the place already is not sent elsewhere any more.
    const typed = () => {
      if (main.current?.querySelector(`[data-spot="${spot}"]`)?.contains(document.activeElement) !== true) return;
      if (wished.current?.spot === spot) wished.current = null;
      cancelAnimationFrame(frame);
    };
    put();
    document.addEventListener("keydown", typed, true);
    return () => {
      late.disconnect();
      cancelAnimationFrame(frame);
      document.removeEventListener("keydown", typed, true);
    };
  }, [spot, wishes]);

  const wish = (place: string, selector: string) => {
    wished.current = { spot: place, selector };
    setWishes((count) => count + 1);
  };
  return {
    main,
    wish,
    /** Jumps to a question and notes where from. */
    question: (place: string, selector: string, from: string) => {
      const { activeElement } = document;
      origin.current = { spot: from, element: activeElement instanceof HTMLElement ? activeElement : null };
      wish(place, selector);
    },
    /** Back from a question, when the focus stands on one; answers whether it did. */
    returnFromQuestion: (leave: (place: string) => void): boolean => {
      const from = origin.current;
      origin.current = null;
      if (from === null || document.activeElement?.closest("[data-question]") === null) return false;
      leave(from.spot);
      if (from.element !== null) last.current.set(from.spot, from.element);
      from.element?.focus();
      return true;
    },
  };
}

import { useEffect, useEffectEvent } from "react";

const signs = ["keydown", "pointerdown", "pointermove", "wheel"] as const;

/** Calls when nobody has touched keys or mouse for so long; a computer that slept has been idle as well. */
export function useIdle(minutes: number | undefined, isOn: boolean, onIdle: () => void): void {
  const idle = useEffectEvent(onIdle);
  useEffect(() => {
    if (minutes === undefined || !isOn) return;
    const limit = minutes * 60_000;
    let last = Date.now();
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      clearTimeout(timer);
      const left = last + limit - Date.now();
      if (left > 0) timer = setTimeout(look, left);
      else idle();
    };
    const touched = (event: Event) => {
      if (Date.now() - last < limit) {
        last = Date.now();
        return;
      }
      // Who comes after the limit may be somebody else: nothing happens by this key, and the screen locks.
      event.preventDefault();
      event.stopImmediatePropagation();
      look();
    };
    timer = setTimeout(look, limit);
    for (const sign of signs) window.addEventListener(sign, touched, { capture: true, passive: false });
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      for (const sign of signs) window.removeEventListener(sign, touched, { capture: true });
      document.removeEventListener("visibilitychange", look);
    };
  }, [minutes, isOn]);
}

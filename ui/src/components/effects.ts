/** The few effects that screens need, so that features hold none. */
import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";

/** Runs when the screen is left or hidden. */
export function useOnLeave(leave: () => void): void {
  const latest = useEffectEvent(leave);
  useEffect(() => () => latest(), []);
}

/** Runs after the value changed, not at first. */
export function useOnChange<V>(value: V, changed: (now: V) => void): void {
  const before = useRef(value);
  const latest = useEffectEvent(changed);
  useEffect(() => {
    if (Object.is(before.current, value)) return;
    before.current = value;
    latest(value);
  }, [value]);
}

/** Puts the focus on the element whenever `when` changes to something that is not `null`. */
export function useFocusWhen<E extends HTMLElement>(when: unknown): RefObject<E | null> {
  const element = useRef<E>(null);
  useEffect(() => {
    if (when !== null && when !== undefined && when !== false) element.current?.focus();
  }, [when]);
  return element;
}

/** An address for bytes held in memory, given back when no longer shown. */
export function useBytesUrl(bytes: ArrayBuffer | undefined, type: string): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (bytes === undefined) return;
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return url;
}

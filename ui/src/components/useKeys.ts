import { useEffect, useEffectEvent } from "react";
import { type KeyMap, listenToKeys, pushLayer } from "./keyLayers";

/** The keys of a screen while it is shown; `modal` hides the keys of all screens below it, `always` is never hidden. */
export function useKeys(keys: KeyMap, options: { modal?: boolean; always?: boolean; off?: boolean } = {}): void {
  const latest = useEffectEvent(() => keys);
  const { modal = false, always = false, off = false } = options;
  useEffect(() => {
    if (off) return;
    listenToKeys();
    return pushLayer({ keys: () => latest(), modal, always });
  }, [modal, always, off]);
}

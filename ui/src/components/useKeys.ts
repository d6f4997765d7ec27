import { useEffect, useEffectEvent } from "react";
import { type KeyMap, listenToKeys, pushLayer } from "./keyLayers";

/** The keys of a screen while it is shown; `modal` hides the keys of all screens below it, `always` is never hidden, `base` lies below all. */
export function useKeys(keys: KeyMap, options: { modal?: boolean; always?: boolean; base?: boolean } = {}): void {
  const latest = useEffectEvent(() => keys);
  const { modal = false, always = false, base = false } = options;
  useEffect(() => {
    listenToKeys();
    return pushLayer({ keys: () => latest(), modal, always, base });
  }, [modal, always, base]);
}

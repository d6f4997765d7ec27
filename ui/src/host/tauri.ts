/** The real desk behind Tauri's `invoke`: the only file that knows Tauri. */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { asFailure, type Host } from "./host";
import type { DeskEvent } from "./types";

export const tauriHost: Host = {
  async call(name, args?: unknown) {
    try {
      return await invoke(name, args as Record<string, unknown> | undefined);
    } catch (thrown) {
      throw asFailure(thrown);
    }
  },
  listen(told) {
    const stop = listen<DeskEvent>("desk", (event) => told(event.payload));
    return () => void stop.then((unlisten) => unlisten());
  },
};

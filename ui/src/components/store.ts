import { useSyncExternalStore } from "react";

/** A value outside of React that typing may change many times a second without losing a letter. */
export type Store<V> = {
  get: () => V;
  set: (next: V) => void;
  subscribe: (told: () => void) => () => void;
};

export function createStore<V>(initial: V): Store<V> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      value = next;
      for (const told of listeners) told();
    },
    subscribe: (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
  };
}

export function useStore<V>(store: Store<V>): V {
  return useSyncExternalStore(store.subscribe, store.get);
}

import { useLayoutEffect, useState } from "preact/hooks";

/** One value that components can watch. Changes reach them at most once per animation frame. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  watch(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  let scheduled = false;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      value = next;
      if (scheduled) return;
      scheduled = true;
      onNextFrame(() => {
        scheduled = false;
        for (const listener of [...listeners]) listener();
      });
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState({});
  // In the same turn as the rendering: a change between rendering and a later effect would be missed, and a
  // value that is set only once, as the state of the connection, would stay wrong.
  useLayoutEffect(() => store.watch(() => redraw({})), [store]);
  return store.get();
}

/** A function that redraws the component, at most once per frame however often it is called. */
export function useRedraw(): () => void {
  const [redraw] = useState(() => {
    let scheduled = false;
    const state = {
      set: (_: object): void => {},
      call(): void {
        if (scheduled) return;
        scheduled = true;
        onNextFrame(() => {
          scheduled = false;
          state.set({});
        });
      },
    };
    return state;
  });
  const [, set] = useState({});
  redraw.set = set;
  return redraw.call;
}

/** A hidden tab has no frames; it still must not fall behind without end. */
function onNextFrame(action: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(action, 500);
  else requestAnimationFrame(action);
}

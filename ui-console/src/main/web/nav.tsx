import type { ComponentChildren, JSX } from "preact";
import { createStore, useStore } from "./store.ts";
import { withParams } from "./routes.ts";

const address = createStore(location.pathname + location.search);
addEventListener("popstate", () => address.set(location.pathname + location.search));

export function navigate(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  address.set(location.pathname + location.search);
}

/** The address as the components see it. */
export function useAddress(): { path: string; params: URLSearchParams } {
  useStore(address);
  return { path: location.pathname, params: new URLSearchParams(location.search) };
}

/** Changes parameters of the current view; does not add to the browser's history. */
export function setParams(changes: Record<string, string | null>): void {
  navigate(location.pathname + withParams(location.search, changes), true);
}

export function Link(props: { to: string; class?: string; children: ComponentChildren; current?: boolean; title?: string }): JSX.Element {
  const onClick = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(props.to);
  };
  return (
    <a href={props.to} class={props.class} title={props.title} onClick={onClick} aria-current={props.current ? "page" : undefined}>
      {props.children}
    </a>
  );
}

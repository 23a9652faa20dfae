import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { topics } from "./live.ts";
import { navigate } from "./nav.tsx";
import { topicPath } from "./routes.ts";
import { useStore } from "./store.ts";

interface Entry {
  name: string;
  kind: string;
  to: string;
}
const SCREENS: Entry[] = [
  { name: "Topics", kind: "screen", to: "/topics" },
  { name: "SQL", kind: "screen", to: "/sql" },
  { name: "Queries", kind: "screen", to: "/queries" },
  { name: "Groups", kind: "screen", to: "/groups" },
];
const MAX_ENTRIES = 12;

/** Ctrl-K or Command-K: to any screen or topic by a few letters. */
export function Palette(): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const { byName } = useStore(topics);

  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setText("");
        setAt(0);
        if (!dialog.current?.open) dialog.current?.showModal();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const wanted = text.trim().toLowerCase();
  const found: Entry[] = SCREENS.filter((entry) => entry.name.toLowerCase().includes(wanted));
  for (const name of byName?.keys() ?? []) {
    if (found.length >= MAX_ENTRIES) break;
    if (!name.toLowerCase().includes(wanted) || (wanted === "" && name.startsWith("__"))) continue;
    found.push({ name, kind: "topic", to: topicPath(name) });
  }
  const go = (entry: Entry | undefined): void => {
    if (!entry) return;
    dialog.current?.close();
    navigate(entry.to);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (event.key === "Enter") go(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="palette" aria-label="Go to" onClick={(event) => { if (event.target === dialog.current) dialog.current?.close(); }}>
      <input
        type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label="Go to topic or screen" placeholder="Go to topic or screen"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined} autocomplete="off" spellcheck={false}
        value={text} onInput={(event) => { setText(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="Matches">
        {found.map((entry, i) => (
          <li id={`palette-${i}`} role="option" aria-selected={i === at} onClick={() => go(entry)}>{entry.name}<span class="muted">{entry.kind}</span></li>
        ))}
      </ul>
    </dialog>
  );
}

// Small pieces that several screens share.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Decoded } from "./api.ts";
import { bytesOfHex, hexDump, oneLine, prettyJson } from "./format.ts";
import { sparkPath } from "./rates.ts";

export function Icon(props: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={ICONS[props.name]} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
const ICONS = {
  topics: "M2 4h12M2 8h12M2 12h8",
  sql: "M3 4l4 4-4 4M9 12h4",
  queries: "M3 3h4v4H3zM9 9h4v4H9zM7 5h4v4",
  groups: "M5.5 7a2 2 0 100-4 2 2 0 000 4zM2 13c0-2 1.5-3.5 3.5-3.5S9 11 9 13M10.5 7.5a1.7 1.7 0 100-3.4M11 9.7c1.8.2 3 1.5 3 3.3",
  search: "M7 12A5 5 0 107 2a5 5 0 000 10zM10.8 10.8L14 14",
  play: "M5 3l8 5-8 5z",
  pause: "M5 3v10M11 3v10",
  stop: "M4 4h8v8H4z",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  sun: "M8 10.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.5A5.5 5.5 0 016.5 3a5.5 5.5 0 106.5 6.5z",
  warn: "M8 2l6.5 11.5h-13zM8 6.5v3.2M8 11.6v.1",
  copy: "M6 6h7v7H6zM3 10V3h7",
  refresh: "M13 8a5 5 0 11-1.5-3.5M13 2v3h-3",
} as const;
export type IconName = keyof typeof ICONS;

export function Sparkline(props: { values: readonly number[] }): JSX.Element {
  return (
    <svg class="spark" viewBox="0 0 96 20" width="96" height="20" aria-hidden="true" focusable="false">
      <path d={sparkPath(props.values, 96, 20)} fill="none" stroke="currentColor" stroke-width="1.25" />
    </svg>
  );
}

/** What to do when there is nothing to see. */
export function Empty(props: { title: string; children?: ComponentChildren; command?: string }): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      {props.children ? <p>{props.children}</p> : null}
      {props.command ? <pre tabIndex={0} aria-label="Command to try">{props.command}</pre> : null}
    </div>
  );
}

export function Failure(props: { message: string; retry?: () => void }): JSX.Element {
  return (
    <div class="failure" role="alert">
      <Icon name="warn" />
      <span>{props.message}</span>
      {props.retry ? <button type="button" onClick={props.retry}>Try again</button> : null}
    </div>
  );
}

/** A number that changes often, told to screen readers at most every five seconds. */
export function Announced(props: { text: string }): JSX.Element {
  const [said, setSaid] = useState(props.text);
  const newest = useRef(props.text);
  newest.current = props.text;
  useEffect(() => {
    const timer = setInterval(() => setSaid(newest.current), 5000);
    return () => clearInterval(timer);
  }, []);
  return <span class="sr-only" aria-live="polite">{said}</span>;
}

/** A key or value in a table cell. */
export function Cell(props: { value: Decoded }): JSX.Element {
  const { value } = props;
  if (value.type === "null") return <span class="null">null</span>;
  if (value.size === 0) return <span class="null">empty</span>;
  if (value.type === "hex") return <span class="hex" title={`${value.size} bytes, not text`}>0x{oneLine(value.text ?? "", 120)}</span>;
  return <span class={`v-${value.type}`}>{oneLine(value.text ?? "")}</span>;
}

type Face = "pretty" | "raw" | "hex";

/** A key or value in full: as it reads best, as it was written, as bytes. */
export function FullValue(props: { title: string; value: Decoded }): JSX.Element {
  const [face, setFace] = useState<Face>("pretty");
  const { value } = props;
  const faces: Face[] = value.type === "json" ? ["pretty", "raw", "hex"] : ["raw", "hex"];
  const shown = faces.includes(face) ? face : "raw";
  return (
    <section class="full-value">
      <header>
        <h3>{props.title}</h3>
        <span class="badge">{value.type}</span>
        <span class="muted">{value.type === "null" ? "" : `${value.size.toLocaleString("en-US")} bytes`}</span>
        <span class="grow" />
        {value.type === "null" ? null : (
          <>
            <span class="segmented" role="group" aria-label={`${props.title} as`}>
              {faces.map((name) => (
                <button type="button" aria-pressed={shown === name} onClick={() => setFace(name)}>{name}</button>
              ))}
            </span>
            <CopyButton text={() => faceText(value, shown)} what={props.title} />
          </>
        )}
      </header>
      {value.type === "null" ? <p class="null">no bytes (null)</p> : <pre tabIndex={0} aria-label={`${props.title}, ${shown}`}>{faceText(value, shown)}</pre>}
      {value.truncated ? <p class="note"><Icon name="warn" /> Cut here; the whole is {value.size.toLocaleString("en-US")} bytes.</p> : null}
    </section>
  );
}

function faceText(value: Decoded, face: Face): string {
  const text = value.text ?? "";
  if (face === "pretty" && value.type === "json") return prettyJson(text);
  if (face !== "hex") return value.type === "hex" ? `0x${text}` : text;
  if (value.hex) return hexDump(bytesOfHex(value.hex));
  return hexDump(value.type === "hex" ? bytesOfHex(text) : new TextEncoder().encode(text));
}

export function CopyButton(props: { text: () => string; what: string }): JSX.Element {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(props.text());
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()} aria-label={`Copy ${props.what}`} title={`Copy ${props.what}`}>
      <Icon name="copy" />{done ? "Copied" : ""}
    </button>
  );
}

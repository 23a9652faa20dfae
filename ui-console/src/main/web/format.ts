// Numbers, sizes, times and bytes as people read them. Pure functions.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function count(n: number | null | undefined): string {
  return n == null ? "–" : WHOLE.format(n);
}

/** 0, 0.4, 12.5, 340, 12,400 */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond == null) return "–";
  if (perSecond === 0) return "0";
  return perSecond < 100 ? perSecond.toFixed(1) : WHOLE.format(perSecond);
}

export function bytes(n: number | null | undefined): string {
  if (n == null) return "–";
  if (n < 1024) return `${n} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let size = n;
  let unit = -1;
  do {
    size /= 1024;
    unit++;
  } while (size >= 1024 && unit < units.length - 1);
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

const pad = (n: number, width = 2): string => String(n).padStart(width, "0");

/** 14:03:07.120 in local time. */
export function timeOfDay(ms: number): string {
  if (ms < 0) return "–";
  const d = new Date(ms);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}.${pad(d.getMilliseconds(), 3)}`;
}

/** 2026-01-31 14:03:07.120 in local time. */
export function dateTime(ms: number): string {
  if (ms < 0) return "–";
  const d = new Date(ms);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${timeOfDay(ms)}`;
}

/** just now, 12 s ago, 3 min ago, 5 h ago, 2 d ago */
export function ago(ms: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - ms) / 1000);
  if (seconds < 1) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

/** Text on one line, cut to a length that a table cell can hold. */
export function oneLine(text: string, max = 400): string {
  const cut = text.length > max ? text.slice(0, max) : text;
  return cut.replace(/\s+/g, " ");
}

/**
 * Indents JSON without parsing its values, so that 12345678901234567890 and 1.0 stay as they were
 * written. The text must be valid JSON; a cut text is indented as far as it goes.
 */
export function prettyJson(source: string): string {
  let out = "";
  let depth = 0;
  const line = (): string => "\n" + "  ".repeat(depth);
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (c === '"') {
      let end = i + 1;
      while (end < source.length && source[end] !== '"') end += source[end] === "\\" ? 2 : 1;
      out += source.slice(i, end + 1);
      i = end;
    } else if (c === "{" || c === "[") {
      const next = source.slice(i + 1).match(/^\s*([}\]])/);
      if (next) {
        out += c + next[1]!;
        i += next[0].length;
      } else {
        depth++;
        out += c + line();
      }
    } else if (c === "}" || c === "]") {
      depth = Math.max(0, depth - 1);
      out += line() + c;
    } else if (c === ",") {
      out += c + line();
    } else if (c === ":") {
      out += ": ";
    } else if (!/\s/.test(c)) {
      out += c;
    }
  }
  return out;
}

export function bytesOfHex(hex: string): Uint8Array {
  const result = new Uint8Array(Math.floor(hex.length / 2));
  for (let i = 0; i < result.length; i++) result[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return result;
}

/** offset, sixteen bytes, and what of them is printable: one line each. */
export function hexDump(data: Uint8Array, maxBytes = 65536): string {
  const lines: string[] = [];
  const end = Math.min(data.length, maxBytes);
  for (let at = 0; at < end; at += 16) {
    const row = data.subarray(at, Math.min(at + 16, end));
    const hex: string[] = [];
    let text = "";
    for (let i = 0; i < 16; i++) {
      const b = row[i];
      hex.push(b === undefined ? "  " : pad2hex(b));
      if (b !== undefined) text += b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·";
      if (i === 7) hex.push("");
    }
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.join(" ")}  ${text}`);
  }
  return lines.join("\n");
}

function pad2hex(b: number): string {
  return b.toString(16).padStart(2, "0");
}

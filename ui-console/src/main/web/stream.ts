// Server-Sent Events that come back: after a lost connection, a silent one, and a tab that slept.

export type StreamState = "connecting" | "live" | "lost";

export interface StreamOptions {
  /** The address; lastId is the id of the last event, to go on behind it. */
  url: (lastId: string | null) => string;
  on: Record<string, (data: never) => void>;
  onState?: (state: StreamState) => void;
}

/** The server sends a heartbeat every 5 s. */
const SILENT_MS = 13_000;
const RETRY_MS = 1_500;
/** A hidden tab keeps its stream for a while, so that a glance elsewhere costs nothing. */
const HIDDEN_MS = 60_000;

export function follow(options: StreamOptions): () => void {
  let source: EventSource | null = null;
  let lastId: string | null = null;
  let closed = false;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hide: ReturnType<typeof setTimeout> | undefined;

  const state = (next: StreamState): void => {
    if (!closed) options.onState?.(next);
  };
  const alive = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, SILENT_MS);
  };
  const disconnect = (): void => {
    clearTimeout(watchdog);
    clearTimeout(retry);
    source?.close();
    source = null;
  };
  const lost = (): void => {
    disconnect();
    if (closed) return;
    state("lost");
    retry = setTimeout(connect, RETRY_MS);
  };
  const connect = (): void => {
    disconnect();
    state("connecting");
    const opened = new EventSource(options.url(lastId));
    source = opened;
    alive();
    opened.onopen = () => {
      alive();
      state("live");
    };
    opened.onerror = lost;
    opened.addEventListener("heartbeat", alive);
    for (const [name, handler] of Object.entries(options.on)) {
      opened.addEventListener(name, (event) => {
        const message = event as MessageEvent<string>;
        alive();
        if (message.lastEventId !== "") lastId = message.lastEventId;
        handler(JSON.parse(message.data) as never);
      });
    }
  };
  const onVisibility = (): void => {
    clearTimeout(hide);
    if (document.visibilityState === "hidden") hide = setTimeout(disconnect, HIDDEN_MS);
    else if (source === null) connect();
  };
  document.addEventListener("visibilitychange", onVisibility);
  connect();
  return () => {
    closed = true;
    clearTimeout(hide);
    document.removeEventListener("visibilitychange", onVisibility);
    disconnect();
  };
}

// The messages of one topic as a list: pages of history, then live records, in one order.
import { getJson, topicApi, type Rec, type RecordsPage } from "./api.ts";
import { RateMeter } from "./rates.ts";
import { Ring } from "./ring.ts";
import { follow } from "./stream.ts";

export type FeedStart =
  | { from: "live" }
  | { from: "beginning" }
  | { from: "offset"; offset: string }
  | { from: "timestamp"; timestamp: string };

const PAGE = 200;
const LIVE_ROWS = 5_000;
/** Older rows one may load beneath the live ones. */
const HISTORY_ROWS = 20_000;

/**
 * Live: newest first; new ones enter at the top, older ones are loaded at the bottom. Otherwise in
 * the order of the log; later ones are loaded at the bottom. `changed` is called when there is
 * something to redraw.
 */
export class Feed {
  readonly meter = new RateMeter();
  /** Rows that entered at the top so far. */
  shifted = 0;
  failure: string | null = null;
  loading = false;
  /** No more rows at the bottom. */
  finished = false;
  paused = false;
  /** Left out by the server because this browser was too slow. */
  droppedByServer = 0;
  state: "loading" | "live" | "lost" | "done" = "loading";

  private readonly live = new Ring<Rec>(LIVE_ROWS);
  private readonly held = new Ring<Rec>(LIVE_ROWS);
  private history: Rec[] = [];
  private bottom = "";
  private stop: (() => void) | null = null;
  private readonly abort = new AbortController();
  private readonly topic: string;
  private readonly start: FeedStart;
  private readonly partition: string;
  private readonly changed: () => void;

  constructor(topic: string, start: FeedStart, partition: string, changed: () => void) {
    this.topic = topic;
    this.start = start;
    this.partition = partition;
    this.changed = changed;
    void this.begin();
  }

  get newestFirst(): boolean {
    return this.start.from === "live";
  }

  get length(): number {
    return this.live.length + this.history.length;
  }

  /** Arrived while paused. */
  get waiting(): number {
    return this.held.length + this.held.dropped;
  }

  /** Rows that left the list for newer ones, here or on the server. */
  get dropped(): number {
    return this.live.dropped + this.droppedByServer;
  }

  at(index: number): Rec | undefined {
    if (index < this.live.length) return this.live.fromNewest(index);
    return this.history[index - this.live.length];
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!paused) {
      for (const record of this.held.toArray()) this.enter(record);
      this.held.clear();
    }
    this.changed();
  }

  /** Loads more at the bottom; harmless when that is under way already. */
  async more(): Promise<void> {
    if (this.loading || this.finished || this.bottom === "" || this.history.length >= HISTORY_ROWS) return;
    await this.load({ from: this.newestFirst ? "before" : "positions", positions: this.bottom });
  }

  close(): void {
    this.abort.abort();
    this.stop?.();
  }

  private async begin(): Promise<void> {
    const first: Record<string, string> = this.start.from === "live" ? { from: "latest" } : { ...this.start };
    const page = await this.load(first);
    if (!page || this.abort.signal.aborted) return;
    if (!this.newestFirst) {
      this.state = "done";
      this.changed();
      return;
    }
    this.stop = follow({
      url: (lastId) => this.url("/tail", { from: "positions", positions: lastId ?? page.next }),
      on: {
        ready: () => this.changed(),
        records: (event: { records: Rec[]; dropped: number }) => this.receive(event.records, event.dropped),
        failed: (event: { error: { message: string } }) => {
          this.failure = event.error.message;
          this.changed();
        },
      },
      onState: (state) => {
        this.state = state === "live" ? "live" : state === "lost" ? "lost" : this.state;
        if (state === "live") this.failure = null;
        this.changed();
      },
    });
  }

  private receive(records: Rec[], dropped: number): void {
    this.droppedByServer = dropped;
    this.meter.add(records.length, Date.now());
    for (const record of records) {
      if (this.paused) this.held.push(record);
      else this.enter(record);
    }
    this.changed();
  }

  private enter(record: Rec): void {
    this.live.push(record);
    this.shifted++;
  }

  private async load(params: Record<string, string>): Promise<RecordsPage | null> {
    this.loading = true;
    this.changed();
    try {
      const page = await getJson<RecordsPage>(this.url("/records", { ...params, limit: String(PAGE) }), this.abort.signal);
      const records = this.newestFirst ? [...page.records].reverse() : page.records;
      this.history = this.history.concat(records);
      const bottom = this.newestFirst ? page.previous : page.next;
      this.finished = page.complete && (this.newestFirst ? bottom === this.bottom || page.records.length === 0 : page.next === page.end);
      this.bottom = bottom;
      this.failure = null;
      return page;
    } catch (failure) {
      if (!this.abort.signal.aborted) {
        this.failure = (failure as Error).message;
        this.finished = true;
      }
      return null;
    } finally {
      this.loading = false;
      this.changed();
    }
  }

  private url(what: string, params: Record<string, string>): string {
    const query = new URLSearchParams(params);
    if (this.partition !== "") query.set("partition", this.partition);
    return `${topicApi(this.topic, what)}?${query.toString()}`;
  }
}

/** Whether the text occurs in key, value or a header. `lowered` is in lower case already. */
export function matches(record: Rec, lowered: string): boolean {
  return (record.key.text ?? "").toLowerCase().includes(lowered)
    || (record.value.text ?? "").toLowerCase().includes(lowered)
    || record.headers.some((header) => `${header.key}=${header.value.text ?? ""}`.toLowerCase().includes(lowered));
}

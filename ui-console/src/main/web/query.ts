// One run of a query: its result as it comes in, and how it stands.
import { RateMeter } from "./rates.ts";
import { ResultGrid, type Column } from "./results.ts";
import type { SqlError, SqlSession } from "./sqlsession.ts";

export type QueryState = "running" | "done" | "stopped" | "failed" | "lost";

const RETRY_MS = 1_500;

export class QueryRun {
  readonly query: string;
  readonly meter = new RateMeter();
  readonly startedAtMs = Date.now();
  columns: Column[] = [];
  grid = new ResultGrid();
  messages: string[] = [];
  error: SqlError | null = null;
  state: QueryState = "running";
  endedAtMs = 0;

  private readonly session: SqlSession;
  private readonly changed: () => void;
  private cancel: (() => void) | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(session: SqlSession, query: string, changed: () => void) {
    this.session = session;
    this.query = query;
    this.changed = changed;
    this.begin();
  }

  get live(): boolean {
    return this.state === "running" || this.state === "lost";
  }

  stop(): void {
    if (!this.live) return;
    clearTimeout(this.retry);
    this.cancel?.();
    this.finish("stopped");
  }

  private begin(): void {
    this.cancel = this.session.run(this.query, {
      columns: (columns) => {
        // A new result begins: after a reconnect, or the next of several statements.
        if (this.state === "lost" || this.columns.length > 0) this.grid = new ResultGrid();
        this.state = "running";
        this.columns = columns;
        this.changed();
      },
      rows: (changes) => {
        const nowMs = Date.now();
        this.meter.add(changes.length, nowMs);
        this.grid.apply(changes, nowMs);
        this.changed();
      },
      message: (text) => {
        this.messages.push(text);
        this.changed();
      },
      end: () => this.finish("done"),
      error: (error) => {
        this.error = error;
        this.finish("failed");
      },
      lost: () => {
        if (isRepeatable(this.query)) {
          this.state = "lost";
          this.retry = setTimeout(() => this.begin(), RETRY_MS);
        } else {
          this.error = { message: "The connection was lost before the answer came. It is not known whether the statement took effect." };
          this.finish("failed");
        }
        this.changed();
      },
    });
  }

  private finish(state: QueryState): void {
    this.state = state;
    this.endedAtMs = Date.now();
    this.changed();
  }
}

/** Reading again does no harm; creating or dropping again might. */
export function isRepeatable(query: string): boolean {
  const text = query.replace(/--[^\n]*/g, " ").trim();
  return text.split(";").every((statement) => /^\s*($|select\b|show\b|describe\b|explain\b)/i.test(statement));
}

/** EXPLAIN in front of what is to be explained, unless it is there already. */
export function explained(query: string): string {
  const text = query.trim();
  return /^explain\b/i.test(text) ? text : `EXPLAIN ${text}`;
}

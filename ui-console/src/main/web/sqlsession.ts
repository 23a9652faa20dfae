import type { Change, Column } from "./results.ts";

export interface SqlError {
  message: string;
  line?: number;
  column?: number;
}
export interface SqlSink {
  columns(columns: Column[]): void;
  rows(changes: Change[]): void;
  message(text: string): void;
  end(): void;
  error(error: SqlError): void;
  /** The connection broke while the query ran. */
  lost(): void;
}
interface ServerMessage {
  id?: string;
  columns?: Column[];
  rows?: Change[];
  message?: string;
  end?: boolean;
  error?: SqlError;
}

/** One WebSocket for the queries of this page; opened at the first one, reopened when needed. */
export class SqlSession {
  private socket: WebSocket | null = null;
  private readonly sinks = new Map<string, SqlSink>();
  private nextId = 1;

  /** Runs a query; the returned function stops it. */
  run(query: string, sink: SqlSink): () => void {
    const id = String(this.nextId++);
    this.sinks.set(id, sink);
    const socket = this.open();
    const send = (): void => socket.send(JSON.stringify({ id, query }));
    if (socket.readyState === WebSocket.OPEN) send();
    else socket.addEventListener("open", send, { once: true });
    return () => {
      if (!this.sinks.delete(id)) return;
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ id, cancel: true }));
    };
  }

  close(): void {
    this.sinks.clear();
    this.socket?.close();
    this.socket = null;
  }

  private open(): WebSocket {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return this.socket;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/sql/ws`);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => this.receive(JSON.parse(event.data) as ServerMessage);
    socket.onclose = () => {
      if (this.socket === socket) this.socket = null;
      const left = [...this.sinks.values()];
      this.sinks.clear();
      for (const sink of left) sink.lost();
    };
    return socket;
  }

  private receive(message: ServerMessage): void {
    const id = message.id;
    const sink = id === undefined ? undefined : this.sinks.get(id);
    if (id === undefined || !sink) {
      return;
    }
    if (message.columns) sink.columns(message.columns);
    if (message.rows) sink.rows(message.rows);
    if (message.message !== undefined) sink.message(message.message);
    if (message.error) {
      this.sinks.delete(id);
      sink.error(message.error);
    } else if (message.end) {
      this.sinks.delete(id);
      sink.end();
    }
  }
}

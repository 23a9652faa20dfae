// The HTTP API of the node, typed.

export interface Decoded {
  type: "null" | "json" | "text" | "int32" | "int64" | "float64" | "hex";
  text?: string;
  size: number;
  truncated?: boolean;
  hex?: string;
}
export interface Rec {
  partition: number;
  offset: number;
  timestamp: number;
  timestampType: string;
  key: Decoded;
  value: Decoded;
  headers: { key: string; value: Decoded }[];
}
export interface TableRow extends Rec {
  id: string;
}
export interface RecordsPage {
  records: Rec[];
  previous: string;
  next: string;
  end: string;
  complete: boolean;
}
export interface TopicSummary {
  name: string;
  internal: boolean;
  partitions: number;
  replicationFactor: number;
  underReplicated: number;
  records: number;
  bytes: number | null;
  recordsPerSecond: number | null;
}
export interface TopicDetails {
  name: string;
  topicId: string;
  internal: boolean;
  records: number;
  partitions: {
    partition: number;
    leader: number | null;
    replicas: number[];
    isr: number[];
    beginningOffset: number | null;
    endOffset: number | null;
  }[];
  configs: { name: string; value: string | null; source: string; default: boolean }[] | null;
}
export interface Cluster {
  clusterId: string;
  bootstrapServers: string;
  nodes: { id: number; host: string; port: number; rack: string | null; controller: boolean }[];
}
export interface Group {
  group: string;
  state: string;
  type: string;
  lag: number;
  members: { memberId: string; clientId: string; host: string; partitions: number }[];
  partitions: { topic: string; partition: number; committedOffset: number; endOffset: number | null; lag: number | null }[];
}

/** A refusal of the node, or no answer at all (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(status: number, message: string, line?: number, column?: number) {
    super(message);
    this.status = status;
    this.line = line;
    this.column = column;
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(path, signal ? { signal } : {});
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  return request<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new ApiError(0, "the node does not answer");
  }
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    body = undefined;
  }
  if (!response.ok) {
    const error = (body as { error?: { message?: string; line?: number; column?: number } } | undefined)?.error;
    throw new ApiError(response.status, error?.message ?? `${response.status} ${response.statusText}`, error?.line, error?.column);
  }
  return body as T;
}

export function topicApi(topic: string, what = ""): string {
  return `/api/topics/${encodeURIComponent(topic)}${what}`;
}

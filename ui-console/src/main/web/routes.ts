// Every view has an address. Pure: address to view and back.

export type TopicTab = "messages" | "table" | "details";

export type Route =
  | { view: "topics" }
  | { view: "topic"; topic: string; tab: TopicTab }
  | { view: "sql" }
  | { view: "queries" }
  | { view: "groups" }
  | { view: "unknown"; path: string };

const TABS: readonly TopicTab[] = ["messages", "table", "details"];

export function parseRoute(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { view: "topics" };
  if (parts[0] === "topics") {
    if (parts.length === 1) return { view: "topics" };
    const tab = (parts[2] ?? "messages") as TopicTab;
    if (parts.length <= 3 && TABS.includes(tab)) {
      return { view: "topic", topic: decodeURIComponent(parts[1]!), tab };
    }
  }
  if (parts.length === 1 && (parts[0] === "sql" || parts[0] === "queries" || parts[0] === "groups")) {
    return { view: parts[0] };
  }
  return { view: "unknown", path };
}

export function topicPath(topic: string, tab: TopicTab = "messages"): string {
  return `/topics/${encodeURIComponent(topic)}/${tab}`;
}

/** Sets, changes and removes (null, "") parameters of a query string; keeps the others. */
export function withParams(search: string, changes: Record<string, string | null>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") params.delete(name);
    else params.set(name, value);
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

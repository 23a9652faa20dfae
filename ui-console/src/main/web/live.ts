// The list of topics, kept up to date by one stream for the whole page. It also tells whether the
// node can be reached at all.
import type { TopicSummary } from "./api.ts";
import { RateHistory } from "./rates.ts";
import { createStore } from "./store.ts";
import { follow } from "./stream.ts";

export interface Connection {
  /** unavailable: the node answers, the cluster behind it does not. */
  state: "connecting" | "live" | "lost" | "unavailable";
  message?: string;
}
export interface Topics {
  /** null until the first answer. */
  byName: ReadonlyMap<string, TopicSummary> | null;
  atMs: number;
}

export const connection = createStore<Connection>({ state: "connecting" });
export const topics = createStore<Topics>({ byName: null, atMs: 0 });
export const rateHistory = new RateHistory(60);

export function startLive(): () => void {
  const publish = (byName: Map<string, TopicSummary>, atMs: number): void => {
    for (const topic of byName.values()) rateHistory.add(topic.name, topic.recordsPerSecond ?? 0);
    topics.set({ byName, atMs });
    if (connection.get().state !== "live") connection.set({ state: "live" });
  };
  return follow({
    url: () => "/api/events",
    on: {
      topics(event: { at: number; topics: TopicSummary[] }) {
        publish(new Map(event.topics.map((topic) => [topic.name, topic])), event.at);
      },
      changes(event: { at: number; changed: TopicSummary[]; removed: string[] }) {
        const byName = new Map(topics.get().byName ?? []);
        for (const topic of event.changed) byName.set(topic.name, topic);
        for (const name of event.removed) {
          byName.delete(name);
          rateHistory.forget(name);
        }
        publish(byName, event.at);
      },
      unavailable(event: { error: { message: string } }) {
        connection.set({ state: "unavailable", message: event.error.message });
      },
    },
    onState(state) {
      // "live" is said by the first event: an open connection alone shows nothing.
      if (state === "lost") connection.set({ state: "lost" });
    },
  });
}

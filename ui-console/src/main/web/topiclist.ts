import type { TopicSummary } from "./api.ts";

export type TopicSort = "name" | "partitions" | "replicationFactor" | "records" | "bytes" | "recordsPerSecond";

/** Equal ones stay in the order of their names; unknown numbers come last. */
export function sortTopics(list: readonly TopicSummary[], by: TopicSort, descending: boolean): TopicSummary[] {
  const direction = descending ? -1 : 1;
  const byName = (a: TopicSummary, b: TopicSummary): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  return [...list].sort((a, b) => {
    if (by === "name") return direction * byName(a, b);
    const left = a[by];
    const right = b[by];
    if (left === right) return byName(a, b);
    if (left === null || left === undefined) return 1;
    if (right === null || right === undefined) return -1;
    return direction * (left - right);
  });
}

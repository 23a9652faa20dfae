import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rec, TableRow, TopicSummary } from "../../main/web/api.ts";
import { matches } from "../../main/web/feed.ts";
import { TableModel } from "../../main/web/tablemodel.ts";
import { sortTopics } from "../../main/web/topiclist.ts";

const topic = (name: string, records: number, bytes: number | null = 0): TopicSummary => ({
  name, records, bytes, internal: false, partitions: 1, replicationFactor: 1, underReplicated: 0, recordsPerSecond: null });
const row = (id: string, value: string, timestamp = 0): TableRow => ({
  id, partition: 0, offset: 0, timestamp, timestampType: "CreateTime", headers: [],
  key: { type: "text", text: id, size: id.length }, value: { type: "text", text: value, size: value.length } });

test("topics are sorted by any column, equal ones by name", () => {
  const list = [topic("b", 1), topic("a", 1), topic("c", 5)];
  assert.deepEqual(sortTopics(list, "records", true).map((t) => t.name), ["c", "a", "b"]);
  assert.deepEqual(sortTopics(list, "name", true).map((t) => t.name), ["c", "b", "a"]);
});

test("unknown sizes come last in both directions", () => {
  const list = [topic("a", 0, null), topic("b", 0, 5)];
  assert.deepEqual(sortTopics(list, "bytes", false).map((t) => t.name), ["b", "a"]);
  assert.deepEqual(sortTopics(list, "bytes", true).map((t) => t.name), ["b", "a"]);
});

test("a table holds the latest of each key; deletes remove it", () => {
  const model = new TableModel();
  model.add([row("a", "1"), row("b", "2")]);
  model.change([row("a", "3")], ["b"], 99);
  assert.deepEqual(model.sorted("key", "").map((r) => [r.key.text, r.value.text]), [["a", "3"]]);
  assert.equal(model.changedAtMs.get("a"), 99);
});

test("a table is sorted by value as numbers where they are numbers", () => {
  const model = new TableModel();
  model.add([row("a", "9"), row("b", "10"), row("c", "1")]);
  assert.deepEqual(model.sorted("value", "").map((r) => r.value.text), ["10", "9", "1"]);
});

test("finding looks into key, value and headers, whatever the case", () => {
  const record: Rec = { ...row("Key", "Value"), headers: [{ key: "trace", value: { type: "text", text: "T1", size: 2 } }] };
  assert.ok(matches(record, "key") && matches(record, "value") && matches(record, "trace=t1"));
  assert.ok(!matches(record, "other"));
});

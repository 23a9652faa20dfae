import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoute, topicPath, withParams } from "../../main/web/routes.ts";

test("the root is the list of topics", () => {
  assert.deepEqual(parseRoute("/"), { view: "topics" });
  assert.deepEqual(parseRoute("/topics/"), { view: "topics" });
});

test("a topic has messages, table and details", () => {
  assert.deepEqual(parseRoute("/topics/a.b"), { view: "topic", topic: "a.b", tab: "messages" });
  assert.deepEqual(parseRoute("/topics/a/table"), { view: "topic", topic: "a", tab: "table" });
  assert.deepEqual(parseRoute("/topics/a/nothing"), { view: "unknown", path: "/topics/a/nothing" });
});

test("addresses of topics lead back to them", () => {
  for (const topic of ["a", "with space", "ünï/code"]) {
    assert.deepEqual(parseRoute(topicPath(topic, "details")), { view: "topic", topic, tab: "details" });
  }
});

test("parameters are set, changed and removed, the others stay", () => {
  assert.equal(withParams("?a=1&b=2", { b: "3", c: "x y" }), "?a=1&b=3&c=x+y");
  assert.equal(withParams("?a=1", { a: null }), "");
  assert.equal(withParams("?a=1", { a: "" }), "");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { sqlName } from "../../main/web/sqltext.ts";

test("names are quoted only where SQL needs it", () => {
  assert.equal(sqlName("word_counts"), "word_counts");
  assert.equal(sqlName("word-counts"), "`word-counts`");
  assert.equal(sqlName("1st"), "`1st`");
});

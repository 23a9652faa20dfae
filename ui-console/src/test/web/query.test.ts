import assert from "node:assert/strict";
import { test } from "node:test";
import { explained, isRepeatable } from "../../main/web/query.ts";

test("only reading is repeated after a lost connection", () => {
  assert.ok(isRepeatable("SELECT 1; show topics;"));
  assert.ok(isRepeatable("-- a comment\nselect * from t emit changes"));
  assert.ok(!isRepeatable("SELECT 1; DROP TABLE t"));
  assert.ok(!isRepeatable("CREATE STREAM s AS SELECT * FROM t EMIT CHANGES"));
});

test("EXPLAIN is put in front once", () => {
  assert.equal(explained(" SELECT 1 "), "EXPLAIN SELECT 1");
  assert.equal(explained("explain SELECT 1"), "explain SELECT 1");
});

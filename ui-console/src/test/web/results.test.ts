import assert from "node:assert/strict";
import { test } from "node:test";
import { cellText, isNumeric, ResultGrid, type Change } from "../../main/web/results.ts";

const cells = (grid: ResultGrid): unknown[][] => grid.rows().map((row) => row.cells);

test("a stream only grows, up to the limit", () => {
  const grid = new ResultGrid(2);
  grid.apply([1, 2, 3].map((n): Change => ({ op: "+I", row: [n] })), 0);
  assert.deepEqual(cells(grid), [[2], [3]]);
  assert.equal(grid.dropped, 1);
  assert.equal(grid.received, 3);
  assert.equal(grid.updating, false);
});

test("an update changes its row where it stands", () => {
  const grid = new ResultGrid();
  grid.apply([
    { op: "+I", row: ["a", 1] }, { op: "+I", row: ["b", 1] },
    { op: "-U", row: ["a", 1] }, { op: "+U", row: ["a", 2] },
  ], 42);
  assert.deepEqual(cells(grid), [["a", 2], ["b", 1]]);
  assert.equal(grid.rows()[0]!.changedAtMs, 42);
  assert.equal(grid.rows()[1]!.changedAtMs, 0);
  assert.equal(grid.updating, true);
});

test("an update may arrive in two portions", () => {
  const grid = new ResultGrid();
  grid.apply([{ op: "+I", row: ["a", 1] }, { op: "-U", row: ["a", 1] }], 0);
  assert.deepEqual(cells(grid), [["a", 1]]);
  grid.apply([{ op: "+U", row: ["a", 2] }], 1);
  assert.deepEqual(cells(grid), [["a", 2]]);
});

test("several updates whose halves are interleaved find their rows", () => {
  const grid = new ResultGrid();
  grid.apply([
    { op: "+I", row: ["a", 1] }, { op: "+I", row: ["b", 1] },
    { op: "-U", row: ["a", 1] }, { op: "-U", row: ["b", 1] },
    { op: "+U", row: ["b", 2] }, { op: "+U", row: ["a", 2] },
  ], 0);
  assert.deepEqual(cells(grid), [["a", 2], ["b", 2]]);
});

test("an update without its old half finds the row by the first column", () => {
  const grid = new ResultGrid();
  grid.apply([{ op: "+I", row: ["a", 1] }, { op: "+U", row: ["a", 2] }, { op: "+U", row: ["new", 1] }], 0);
  assert.deepEqual(cells(grid), [["a", 2], ["new", 1]]);
});

test("a delete removes one of equal rows", () => {
  const grid = new ResultGrid();
  grid.apply([{ op: "+I", row: ["x"] }, { op: "+I", row: ["x"] }, { op: "-D", row: ["x"] }], 0);
  assert.deepEqual(cells(grid), [["x"]]);
  grid.apply([{ op: "-D", row: ["x"] }, { op: "-D", row: ["x"] }], 0);
  assert.deepEqual(cells(grid), []);
});

test("any sequence of changes amounts to what a plain map says", () => {
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 16807) % 2147483647) % n;
  const expected = new Map<string, number>();
  const grid = new ResultGrid();
  for (let i = 0; i < 5_000; i++) {
    const key = `k${random(20)}`;
    const old = expected.get(key);
    const next = random(5);
    if (old === undefined) {
      grid.apply([{ op: "+I", row: [key, next] }], i);
      expected.set(key, next);
    } else if (random(4) === 0) {
      grid.apply([{ op: "-D", row: [key, old] }], i);
      expected.delete(key);
    } else {
      grid.apply([{ op: "-U", row: [key, old] }, { op: "+U", row: [key, next] }], i);
      expected.set(key, next);
    }
  }
  assert.deepEqual(new Map(cells(grid) as [string, number][]), expected);
  assert.equal(grid.size, expected.size);
});

test("the changelog keeps the newest changes", () => {
  const grid = new ResultGrid(10, 2);
  grid.apply([{ op: "+I", row: [1] }, { op: "+I", row: [2] }, { op: "-D", row: [1] }], 0);
  assert.deepEqual(grid.changes.toArray(), [{ op: "+I", row: [2] }, { op: "-D", row: [1] }]);
});

test("cells are text; structures are JSON", () => {
  assert.equal(cellText(null), "NULL");
  assert.equal(cellText({ a: [1] }), '{"a":[1]}');
  assert.equal(cellText(true), "true");
});

test("numeric types are known by their SQL names", () => {
  assert.ok(isNumeric("BIGINT") && isNumeric("DECIMAL(10, 2)"));
  assert.ok(!isNumeric("VARCHAR"));
});

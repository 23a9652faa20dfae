import assert from "node:assert/strict";
import { test } from "node:test";
import { Ring } from "../../main/web/ring.ts";

test("keeps the newest and counts what had to go", () => {
  const ring = new Ring<number>(3);
  for (let i = 1; i <= 5; i++) ring.push(i);
  assert.deepEqual(ring.toArray(), [3, 4, 5]);
  assert.equal(ring.dropped, 2);
  assert.equal(ring.length, 3);
});

test("is read from either end", () => {
  const ring = new Ring<string>(2);
  for (const item of ["a", "b", "c"]) ring.push(item);
  assert.equal(ring.at(0), "b");
  assert.equal(ring.fromNewest(0), "c");
  assert.equal(ring.fromNewest(1), "b");
  assert.equal(ring.fromNewest(2), undefined);
  assert.equal(ring.at(-1), undefined);
});

test("behaves like the tail of a plain list, whatever is pushed", () => {
  for (let capacity = 1; capacity <= 7; capacity++) {
    const ring = new Ring<number>(capacity);
    const all: number[] = [];
    for (let i = 0; i < 25; i++) {
      ring.push(i);
      all.push(i);
      assert.deepEqual(ring.toArray(), all.slice(-capacity));
      assert.equal(ring.dropped, Math.max(0, all.length - capacity));
    }
  }
});

test("forgets everything when cleared", () => {
  const ring = new Ring<number>(1);
  ring.push(1);
  ring.push(2);
  ring.clear();
  assert.equal(ring.length, 0);
  assert.equal(ring.dropped, 0);
});

test("refuses a capacity of nothing", () => {
  assert.throws(() => new Ring(0), /positive/);
});

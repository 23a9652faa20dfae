import assert from "node:assert/strict";
import { test } from "node:test";
import { RateHistory, RateMeter, sparkPath } from "../../main/web/rates.ts";

test("a rate is the mean of the last whole seconds", () => {
  const meter = new RateMeter(3);
  meter.add(30, 10_000);
  meter.add(60, 11_500);
  meter.add(999, 12_900); // this second is not over
  assert.equal(meter.perSecond(12_950), 30);
});

test("a rate falls to zero when nothing comes any more", () => {
  const meter = new RateMeter(3);
  meter.add(30, 10_000);
  assert.equal(meter.perSecond(11_000), 10);
  assert.equal(meter.perSecond(15_000), 0);
});

test("the history of a topic is bounded and can be forgotten", () => {
  const history = new RateHistory(2);
  for (const rate of [1, 2, 3]) history.add("t", rate);
  assert.deepEqual(history.of("t"), [2, 3]);
  history.forget("t");
  assert.deepEqual(history.of("t"), []);
});

test("a sparkline ends at the right edge and fits its height", () => {
  const path = sparkPath([0, 10, 5], 100, 20, 11);
  assert.equal(path, "M80.0 19.0L90.0 1.0L100.0 10.0");
});

test("a sparkline of nothing is flat, of one point empty", () => {
  assert.equal(sparkPath([0, 0], 10, 10, 2), "M0.0 9.0L10.0 9.0");
  assert.equal(sparkPath([5], 10, 10), "");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, count, hexDump, oneLine, prettyJson, rate } from "../../main/web/format.ts";

test("counts have thousands separators and a dash for the unknown", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(count(0), "0");
  assert.equal(count(null), "–");
});

test("sizes are in binary units with two significant digits", () => {
  assert.equal(bytes(1023), "1023 B");
  assert.equal(bytes(1536), "1.5 KiB");
  assert.equal(bytes(250 * 1024 * 1024), "250 MiB");
  assert.equal(bytes(undefined), "–");
});

test("small rates keep a decimal, large ones do not", () => {
  assert.equal(rate(0), "0");
  assert.equal(rate(2.25), "2.3");
  assert.equal(rate(12345.6), "12,346");
});

test("ages are said in the largest whole unit", () => {
  assert.equal(ago(1000, 1400), "just now");
  assert.equal(ago(0, 59_999), "59 s ago");
  assert.equal(ago(0, 3_600_000), "1 h ago");
});

test("pretty JSON keeps every digit and every string as it was written", () => {
  assert.equal(
    prettyJson('{"id":12345678901234567890,"price":1.0,"text":"a,{\\"b\\":[1]}","list":[],"o":{ }}'),
    '{\n  "id": 12345678901234567890,\n  "price": 1.0,\n  "text": "a,{\\"b\\":[1]}",\n  "list": [],\n  "o": {}\n}');
});

test("pretty JSON goes as far as a cut text goes", () => {
  assert.equal(prettyJson('{"a":[1,2'), '{\n  "a": [\n    1,\n    2');
  assert.equal(prettyJson('{"a":"bro'), '{\n  "a": "bro');
});

test("pretty JSON means the same as its source", () => {
  const values = [[], {}, [1, [2, { a: null }]], { "k e y": "v\n\"", n: -1.5e300, t: true }];
  for (const value of values) assert.deepEqual(JSON.parse(prettyJson(JSON.stringify(value))), value);
});

test("a hex dump shows offset, bytes and what is printable", () => {
  const bytes = new TextEncoder().encode("0123456789abcde\n");
  assert.equal(hexDump(bytes), "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 0a  0123456789abcde·");
  assert.match(hexDump(bytes.subarray(0, 2)), /^00000000  30 31 +01$/);
  assert.equal(hexDump(new Uint8Array(17)).split("\n").length, 2);
});

test("a value on one line has no line breaks and an end", () => {
  assert.equal(oneLine("a\n\n  b"), "a b");
  assert.equal(oneLine("x".repeat(1000)).length, 400);
});

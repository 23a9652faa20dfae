# Scalar functions, without any topic.

topic unused
x

query once text
SELECT UPPER('abc') AS a, LCASE('ABC') AS b, TRIM('  x ') AS c, SUBSTRING('hello' FROM 2 FOR 3) AS d,
  LEFT('hello', 2) AS e, RIGHT('hello', 2) AS f, REPLACE('a-b', '-', '+') AS g, POSITION('l' IN 'hello') AS h,
  'a' || 'b' AS i, CONCAT('a', NULL, 'b') AS j, LPAD('7', 3, '0') AS k, REVERSE('abc') AS l, INITCAP('the end') AS m
FROM (VALUES (1))
----
ABC | abc | x | ell | he | lo | a+b | 3 | ab | ab | 007 | cba | The End

query once numbers
SELECT ABS(-5) AS a, MOD(7, 3) AS b, ROUND(2.5) AS c, FLOOR(-1.5) AS d, POWER(2, 10) AS e, 7 / 2 AS f,
  7 / CAST(2 AS DOUBLE) AS g, 1 / 0 AS h, GREATEST(1, 3, 2) AS i, SIGN(-2) AS j
FROM (VALUES (1))
----
5 | 1 | 3 | -2 | 1024.0 | 3 | 3.5 | null | 3 | -1

query once casts that fail are null
SELECT CAST('12' AS INTEGER) AS a, CAST('x' AS INTEGER) AS b, CAST(3.9 AS BIGINT) AS c, CAST(5 AS VARCHAR) AS d,
  CAST('2026-11-20' AS DATE) AS e, CAST('2026-11-20 07:20:00' AS TIMESTAMP) AS f
FROM (VALUES (1))
----
12 | null | 3 | 5 | 2026-11-20 | 2026-11-20 07:20:00.000

query once null logic
SELECT COALESCE(NULL, 'x') AS a, NULLIF(1, 1) AS b, IFNULL(CAST(NULL AS INTEGER), 4) AS c,
  (1 = 1 OR CAST(NULL AS BOOLEAN)) AS d, (1 = 2 AND CAST(NULL AS BOOLEAN)) AS e, 1 IS DISTINCT FROM NULL AS f
FROM (VALUES (1))
----
x | null | 4 | true | false | true

query once patterns
SELECT 'hello' LIKE 'he%' AS a, 'hello' LIKE '_ello' AS b, 'a%b' LIKE 'a!%b' ESCAPE '!' AS c,
  REGEXP_LIKE('abc1', '\d') AS d, REGEXP_REPLACE('a1b2', '\d', '') AS e, REGEXP_EXTRACT('id=42', 'id=(\d+)', 1) AS f,
  2 IN (1, 2, 3) AS g, 5 BETWEEN 1 AND 4 AS h
FROM (VALUES (1))
----
true | true | true | true | ab | 42 | true | false

query once arrays and json
SELECT SPLIT('a.b', '.') AS a, SPLIT('a1b', '[0-9]') AS b, ARRAY[1, 2][2] AS c, ARRAY_CONTAINS(ARRAY[1, 2], 2) AS d,
  ARRAY_JOIN(ARRAY['x', 'y'], '-') AS e, JSON_TEXT('{"a":{"b":[1,2]}}', '$.a.b[1]') AS f
FROM (VALUES (1))
----
["a","b"] | ["a","b"] | 2 | true | x-y | 2

query once time
SELECT EXTRACT(YEAR FROM TIMESTAMP '2026-11-20 07:20:00') AS a, TIMESTAMP '2026-11-20 07:20:00' + INTERVAL '1' HOUR AS b,
  FLOOR(TIMESTAMP '2026-11-20 07:20:00' TO HOUR) AS c, DATE '2026-01-31' + INTERVAL '1' MONTH AS d
FROM (VALUES (1))
----
2026 | 2026-11-20 08:20:00.000 | 2026-11-20 07:00:00.000 | 2026-02-28

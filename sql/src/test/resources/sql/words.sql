# WordCount, three ways to take a line apart.

topic lines
Hello world, hello SQL
the quick brown fox
the end of the world

query counts words of a sub-select
SELECT word, COUNT(*) AS n FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word FROM lines)
WHERE word <> '' GROUP BY word
----
hello | 2
world | 2
sql | 1
the | 3
quick | 1
brown | 1
fox | 1
end | 1
of | 1

query counts words of an unnested array
SELECT word, COUNT(*) AS n FROM lines
CROSS JOIN UNNEST(REGEXP_SPLIT_TO_ARRAY(LOWER(value), '\W+')) AS t(word)
GROUP BY word HAVING COUNT(*) > 1
----
hello | 2
world | 2
the | 3

query once orders and cuts
SELECT word, COUNT(*) AS n FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\W+')) AS word FROM Lines)
GROUP BY word ORDER BY n DESC, word LIMIT 3
----
the | 3
hello | 2
world | 2

query explodes beside other columns, side by side
SELECT EXPLODE(ARRAY[1, 2]) AS i, EXPLODE(ARRAY['a']) AS c, LEFT(value, 3) AS head
FROM lines WHERE value LIKE 'the q%'
----
1 | a | the
2 | null | the

query explodes even when nobody looks at the element
SELECT 1 AS one FROM (SELECT EXPLODE(ARRAY[1, 2]) AS x FROM lines WHERE value LIKE 'Hello%')
----
1
1

query once a total is there for nothing too
SELECT COUNT(*) AS n, SUM(CHAR_LENGTH(value)) AS chars FROM lines WHERE value = 'nothing'
----
0 | null

error EXPLODE is no condition
SELECT * FROM lines WHERE EXPLODE(ARRAY[1]) = 1
----
EXPLODE stands in a SELECT list

error a relation that is nearly there
SELECT * FROM liens
----
1:15 no topic or relation liens; did you mean lines?

error a column that is nearly there
SELECT valeu FROM lines
----
1:8 no column valeu; did you mean value?

error a function that is nearly there
SELECT UPER(value) FROM lines
----
1:8 no function UPER(VARCHAR); did you mean UPPER?

error a function with the wrong argument
SELECT ABS(value, 1) FROM lines
----
1:8

error joins are to come
SELECT * FROM lines a JOIN lines b ON a.value = b.value
----
JOIN is not available yet

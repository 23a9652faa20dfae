# Latest row per key, and what is counted over rows that change.

topic users
u1 | {"name":"Ann","city":"Oslo","age":30}
u2 | {"name":"Bob","city":"Rome","age":40}
u1 | {"name":"Ann","city":"Rome","age":31}
u3 | {"name":"Cem","city":"Oslo","age":50}
u4 | {"name":"Dan","city":"Oslo","age":60}
u4 | <null>

query the latest per key
SELECT rowkey, name, city FROM TABLE(users)
----
u2 | Bob | Rome
u1 | Ann | Rome
u3 | Cem | Oslo

query a stream has every record
SELECT COUNT(*) AS n FROM users
----
5

query a row that moved is counted where it is
SELECT city, COUNT(*) AS n, MIN(age) AS youngest, MAX(age) AS oldest, SUM(age) AS s
FROM TABLE(users) GROUP BY city
----
Rome | 2 | 31 | 40 | 71
Oslo | 1 | 50 | 50 | 50

query a group without rows is gone
SELECT age, COUNT(*) AS n FROM TABLE(users) WHERE age >= 40 GROUP BY age
----
40 | 1
50 | 1

query groups of groups take back what changed
SELECT n, COUNT(*) AS cities FROM (SELECT city, COUNT(*) AS n FROM TABLE(users) GROUP BY city) GROUP BY n
----
2 | 1
1 | 1

query distinct values are taken back too
SELECT COUNT(DISTINCT city) AS cities FROM TABLE(users) WHERE name <> 'Cem'
----
1

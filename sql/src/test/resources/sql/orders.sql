# JSON objects: columns without any declaration.

topic orders
o1 | {"user":"ann","amount":10,"price":2.5,"paid":true,"addr":{"city":"Oslo","zip":1},"tags":["a","b"]}
o2 | {"user":"bob","amount":5,"price":1.0,"paid":false,"addr":{"city":"Rome","zip":2},"tags":[]}
o3 | {"user":"ann","amount":7,"price":4.0,"paid":true,"addr":{"city":"Oslo","zip":3},"tags":["b"]}
o4 | {"user":null,"amount":null,"price":3.0,"paid":null,"addr":null,"tags":null}

query selects and computes
SELECT user, amount * 2 AS twice, price * amount AS total FROM orders WHERE paid
----
ann | 20 | 25.0
ann | 14 | 28.0

query star has the key, for the records have one
SELECT * FROM orders WHERE amount = 5
----
o2 | bob | 5 | 1.0 | false | {"city":"Rome","zip":2} | []

query names ignore case
SELECT ORDERS.User AS who FROM ORDERS WHERE PAID = FALSE
----
bob

query groups with every aggregate, null being a group too
SELECT user, COUNT(*) AS c, COUNT(amount) AS ca, SUM(amount) AS s, MIN(price) AS lo, MAX(price) AS hi,
  AVG(amount) AS mean
FROM orders GROUP BY user
----
ann | 2 | 2 | 17 | 2.5 | 4.0 | 8.5
bob | 1 | 1 | 5 | 1.0 | 1.0 | 5.0
null | 1 | 0 | null | 3.0 | 3.0 | null

query filters aggregates and counts distinct values
SELECT COUNT(DISTINCT user) AS users, SUM(amount) FILTER (WHERE paid) AS paid FROM orders
----
2 | 17

query reads nested fields and elements
SELECT user, o.addr.city AS city, tags[1] AS first_tag, CARDINALITY(tags) AS n FROM orders AS o
WHERE o.addr.zip < 3
----
ann | Oslo | a | 2
bob | Rome | null | 0

query unknown is not true
SELECT user FROM orders WHERE NOT (amount > 6 AND paid)
----
bob

query once having, order, limit and offset
SELECT user, SUM(amount) AS s FROM orders GROUP BY user HAVING SUM(amount) > 1 ORDER BY s LIMIT 1 OFFSET 1
----
ann | 17

query once nulls come last, or first when descending
SELECT amount FROM orders ORDER BY amount DESC
----
null
10
7
5

query groups by an expression's alias
SELECT CASE WHEN amount > 6 THEN 'big' ELSE 'small' END AS size_class, COUNT(*) AS n FROM orders
GROUP BY CASE WHEN amount > 6 THEN 'big' ELSE 'small' END
----
big | 2
small | 2

query once the place of a record
SELECT rowkey, rowpartition, rowoffset FROM orders WHERE rowoffset >= 2
----
o3 | 0 | 2
o4 | 0 | 3

query selects distinct
SELECT DISTINCT paid FROM orders
----
true
false
null

query all of a union
SELECT user FROM orders WHERE amount = 5 UNION ALL SELECT user FROM orders WHERE amount = 7
----
bob
ann

error an ambiguous aggregate
SELECT user, amount FROM orders GROUP BY user
----
1:14

error a sum of text
SELECT SUM(tags) AS s FROM orders
----
1:8

# What a newcomer gets wrong, and what he is told.

topic orders
o1 | {"user":"ann","amount":10,"price":2.5,"addr":{"city":"Oslo"},"tags":["a","b"]}

error a quote that is missing
SELECT * FROM orders WHERE user = 'ann
----
1:35
the text that begins here does not end; close it with '

error a double quote that is missing
SELECT "user FROM orders
----
1:8
the name that begins here does not end; close it with "

error a column that is missing in GROUP BY
SELECT user, amount FROM orders GROUP BY user
----
1:14
amount is neither in GROUP BY nor inside an aggregate; add it to GROUP BY, or take one value of each group with MAX(amount)

error a number compared with a text that is none
SELECT * FROM orders WHERE amount = 'ten'
----
1:37
a number was expected beside BIGINT, the text 'ten' came; write a number, or CAST the other side to VARCHAR

query a number compared with a text that is one
SELECT user FROM orders WHERE amount = '10'
----
ann

error a column that is not there
SELECT colour FROM orders
----
1:8
no column colour; there are rowkey, user, amount, price, addr, tags, rowtime, rowpartition, rowoffset (seen in the newest records; CREATE STREAM declares others)

error a nested field without its column
SELECT city FROM orders
----
1:8
no column city; it is a field inside addr, read as orders.addr.city

error a nested field without its relation
SELECT addr.city FROM orders
----
1:8
no relation addr in this FROM; a field inside the column addr is read as orders.addr.field

error a nested field that is not there
SELECT orders.addr.town FROM orders
----
no column addr.town; addr has the fields city

error a reserved word as a column
SELECT order FROM orders
----
1:8
ORDER is a reserved word, as a name write "order"

error a reserved word as an alias
SELECT amount AS order FROM orders
----
1:18
ORDER is a reserved word, as a name write "order"

error double quotes around a text
SELECT * FROM orders WHERE user = "ann"
----
1:35
no column ann; double quotes make a name, text is written 'ann'

error a second statement without a semicolon before it
SELECT * FROM orders SELECT 1
----
1:22
end the statement before it with ;

error a function that is not there
SELECT FOO(user) FROM orders
----
1:8
no function FOO(VARCHAR); some that are there: COUNT, SUM

error an aggregate in WHERE
SELECT user FROM orders WHERE SUM(amount) > 1 GROUP BY user
----
1:31
an aggregate has no value in WHERE, which looks at one row at a time; put this condition into HAVING, after GROUP BY

error an alias in WHERE
SELECT user, amount * 2 AS twice FROM orders WHERE twice > 1
----
1:52
twice is named in the SELECT list, which comes after WHERE; repeat its expression

error WHERE after GROUP BY
SELECT user, COUNT(*) AS n FROM orders GROUP BY user WHERE user = 'ann'
----
1:54
the order is SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, EMIT CHANGES

error FROM with its letters changed round
SELECT user FORM orders
----
1:18
did you mean FROM instead of FORM?

error WHERE with a letter missing
SELECT user FROM orders WERE amount > 1
----
1:30
did you mean WHERE instead of WERE?

error a comma too many
SELECT user, FROM orders
----
1:14
leave out the comma before it

error a parenthesis that is missing
SELECT (amount * 2 FROM orders
----
1:20
a ) is missing before it

error a CASE without END
SELECT CASE WHEN amount > 1 THEN 2 FROM orders
----
1:36
CASE needs an END before it

error a comparison with two signs
SELECT * FROM orders WHERE user == 'ann'
----
1:33
a comparison is written with one =

error TOP
SELECT TOP 5 * FROM orders
----
1:12
write LIMIT 5 at the end instead of TOP

error a condition that stops
SELECT * FROM orders WHERE amount > 1 AND
----
1:39
the statement ends too early, after AND

error a limit that is no number
SELECT * FROM orders LIMIT ten
----
1:28
syntax error at "ten", expected one of ALL, a number

error a name with a hyphen
SELECT * FROM my-topic
----
1:17
a name with - in it needs double quotes: "my-topic"

error an array compared with a text
SELECT * FROM orders WHERE tags = 'a'
----
1:28
= does not take VARCHAR ARRAY and VARCHAR; take an element with [1], or EXPLODE the array

error a star in a function
SELECT UPPER(*) FROM orders
----
* is no value here

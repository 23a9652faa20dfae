<#-- The statements that Millrace adds to Calcite's grammar; each returns a node of
     dev.millrace.sql.parser.Statement. -->

/** query [ EMIT CHANGES [ LIMIT n ] ] */
SqlNode MillraceQuery() :
{
    final SqlNode query;
    SqlNode limit = null;
}
{
    query = OrderedQueryOrExpr(ExprContext.ACCEPT_QUERY)
    [
        <EMIT> <CHANGES>
        [ <LIMIT> limit = UnsignedNumericLiteral() ]
        { return new Statement.Query(Span.of(query).end(this), query, true, limit); }
    ]
    { return new Statement.Query(query.getParserPosition(), query, false, null); }
}

/** CREATE [OR REPLACE] STREAM|TABLE [IF NOT EXISTS] name [(columns)] [WITH (properties)] [AS query] */
SqlCreate MillraceCreateSource(Span s, boolean replace) :
{
    final boolean table;
    boolean ifNotExists = false;
    final SqlIdentifier name;
    final List<Statement.ColumnDeclaration> columns = new ArrayList<Statement.ColumnDeclaration>();
    final List<Statement.Property> properties = new ArrayList<Statement.Property>();
    SqlNode query = null;
}
{
    ( <STREAM> { table = false; } | <TABLE> { table = true; } )
    [ LOOKAHEAD(3) <IF> <NOT> <EXISTS> { ifNotExists = true; } ]
    name = SimpleIdentifier()
    [ <LPAREN> MillraceColumn(columns) ( <COMMA> MillraceColumn(columns) )* <RPAREN> ]
    [ <WITH> <LPAREN> MillraceProperty(properties) ( <COMMA> MillraceProperty(properties) )* <RPAREN> ]
    [ <AS> query = MillraceQuery() ]
    {
        return new Statement.CreateSource(
            s.end(this), replace, table, ifNotExists, name, columns, properties, (Statement.Query) query);
    }
}

void MillraceColumn(List<Statement.ColumnDeclaration> columns) :
{
    final SqlIdentifier name;
    final SqlDataTypeSpec type;
    boolean key = false;
}
{
    name = SimpleIdentifier() type = DataType()
    [ [ <PRIMARY> ] <KEY> { key = true; } ]
    { columns.add(new Statement.ColumnDeclaration(name, type, key)); }
}

void MillraceProperty(List<Statement.Property> properties) :
{
    final SqlIdentifier name;
    final SqlNode quotedName;
    final SqlNode value;
}
{
    (
        name = CompoundIdentifier()
    |
        quotedName = StringLiteral()
        { name = new SqlIdentifier(SqlLiteral.unchain(quotedName).toValue(), getPos()); }
    )
    <EQ> value = Literal()
    { properties.add(new Statement.Property(name, value)); }
}

/** DROP STREAM|TABLE [IF EXISTS] name [DELETE TOPIC] */
SqlDrop MillraceDropSource(Span s, boolean replace) :
{
    final boolean table;
    boolean ifExists = false;
    boolean deleteTopic = false;
    final SqlIdentifier name;
}
{
    ( <STREAM> { table = false; } | <TABLE> { table = true; } )
    [ LOOKAHEAD(2) <IF> <EXISTS> { ifExists = true; } ]
    name = SimpleIdentifier()
    [ <DELETE> <TOPIC> { deleteTopic = true; } ]
    { return new Statement.DropSource(s.end(this), table, ifExists, name, deleteTopic); }
}

/** SHOW TOPICS|STREAMS|TABLES|QUERIES */
SqlNode MillraceShow() :
{
    final Span s;
    final Statement.Show.What what;
}
{
    <SHOW> { s = span(); }
    (
        <TOPICS> { what = Statement.Show.What.TOPICS; }
    |   <STREAMS> { what = Statement.Show.What.STREAMS; }
    |   <TABLES> { what = Statement.Show.What.TABLES; }
    |   <QUERIES> { what = Statement.Show.What.QUERIES; }
    )
    { return new Statement.Show(s.end(this), what); }
}

/** DESCRIBE [EXTENDED] name */
SqlNode MillraceDescribe() :
{
    final Span s;
    boolean extended = false;
    final SqlIdentifier name;
}
{
    <DESCRIBE> { s = span(); }
    [ LOOKAHEAD({ getToken(1).kind == EXTENDED && getToken(2).kind != EOF && getToken(2).kind != SEMICOLON }) <EXTENDED> { extended = true; } ]
    name = SimpleIdentifier()
    { return new Statement.Describe(s.end(this), name, extended); }
}

/** EXPLAIN statement | EXPLAIN query-id */
SqlNode MillraceExplain() :
{
    final Span s;
    final SqlNode statement;
    final SqlIdentifier queryId;
}
{
    <EXPLAIN> { s = span(); }
    [ LOOKAHEAD(2) <PLAN> <FOR> ]
    (
        statement = SqlCreate()
        { return new Statement.Explain(s.end(this), statement, null); }
    |
        LOOKAHEAD({ getToken(1).kind == SELECT || getToken(1).kind == WITH || getToken(1).kind == VALUES || getToken(1).kind == LPAREN })
        statement = MillraceQuery()
        { return new Statement.Explain(s.end(this), statement, null); }
    |
        queryId = SimpleIdentifier()
        { return new Statement.Explain(s.end(this), null, queryId); }
    )
}

/** TERMINATE query-id | TERMINATE ALL */
SqlNode MillraceTerminate() :
{
    final Span s;
    final SqlIdentifier queryId;
}
{
    <TERMINATE> { s = span(); }
    (
        <ALL> { return new Statement.Terminate(s.end(this), null); }
    |
        queryId = SimpleIdentifier() { return new Statement.Terminate(s.end(this), queryId); }
    )
}

/** PRINT topic [LIMIT n] */
SqlNode MillracePrint() :
{
    final Span s;
    final SqlIdentifier topic;
    SqlNode limit = null;
}
{
    <PRINT> { s = span(); }
    topic = SimpleIdentifier()
    [ <LIMIT> limit = UnsignedNumericLiteral() ]
    { return new Statement.Print(s.end(this), topic, limit); }
}

/** TABLE(name) in FROM: the same relation, read as its latest row per key. */
SqlNode MillraceTableReading() :
{
    final Span s;
    final SqlIdentifier name;
}
{
    <TABLE> { s = span(); } <LPAREN> name = CompoundIdentifier() <RPAREN>
    { return Statement.tableReading(s.end(this), name); }
}

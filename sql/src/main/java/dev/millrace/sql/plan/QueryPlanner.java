package dev.millrace.sql.plan;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.expr.Operators;
import dev.millrace.sql.parser.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.calcite.config.CalciteConnectionConfig;
import org.apache.calcite.jdbc.CalciteSchema;
import org.apache.calcite.jdbc.JavaTypeFactoryImpl;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.plan.hep.HepPlanner;
import org.apache.calcite.plan.hep.HepProgram;
import org.apache.calcite.plan.hep.HepProgramBuilder;
import org.apache.calcite.prepare.CalciteCatalogReader;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelRoot;
import org.apache.calcite.rel.rules.CoreRules;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.runtime.CalciteContextException;
import org.apache.calcite.schema.Schema;
import org.apache.calcite.schema.Table;
import org.apache.calcite.schema.impl.AbstractSchema;
import org.apache.calcite.schema.lookup.LikePattern;
import org.apache.calcite.schema.lookup.Lookup;
import org.apache.calcite.schema.lookup.Named;
import org.apache.calcite.sql.SqlExplainLevel;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.validate.SqlConformanceEnum;
import org.apache.calcite.sql.validate.SqlValidator;
import org.apache.calcite.sql2rel.SqlToRelConverter;
import org.apache.calcite.sql2rel.StandardConvertletTable;
import org.jspecify.annotations.Nullable;

/**
 * Query to plan: Calcite validates and converts, a few rules tidy up, {@link PlanTranslator} makes
 * our nodes of it. One instance per statement; not for several threads.
 */
public final class QueryPlanner {
    private static final HepProgram TIDY =
            new HepProgramBuilder()
                    .addRuleInstance(CoreRules.FILTER_MERGE)
                    .addRuleInstance(CoreRules.PROJECT_REMOVE)
                    .addRuleInstance(CoreRules.UNION_MERGE)
                    .build();

    private final Relations relations;
    private final RelDataTypeFactory types = new JavaTypeFactoryImpl(new SqlTypes.Rules());
    private final Map<String, Relation> used = new TreeMap<>();

    public QueryPlanner(Relations relations) {
        this.relations = relations;
    }

    /**
     * Plans a query.
     *
     * @throws SqlException with line and column of what does not fit
     */
    public PlannedQuery plan(SqlNode query) {
        WrittenNames written = WrittenNames.of(query);
        try {
            return doPlan(query);
        } catch (CalciteContextException e) {
            throw new PlanErrors(relations, used.values(), written).explain(e);
        } catch (UnsupportedOperationException | AssertionError e) {
            throw SqlException.invalid("this query cannot be run yet: " + e.getMessage());
        }
    }

    /** The relations that the last plan reads, by name. */
    public Map<String, Relation> used() {
        return used;
    }

    private PlannedQuery doPlan(SqlNode query) {
        CatalogReader catalog = new CatalogReader(new RelationSchema(false), types);
        SqlValidator validator =
                new QueryValidator(
                        Operators.INSTANCE,
                        catalog,
                        types,
                        SqlValidator.Config.DEFAULT
                                .withIdentifierExpansion(true)
                                .withConformance(SqlConformanceEnum.LENIENT));
        SqlNode valid = validator.validate(query);
        valid.accept(new LiteralCasts());

        RexBuilder rexBuilder = new RexBuilder(types);
        HepPlanner planner = new HepPlanner(TIDY);
        RelOptCluster cluster = RelOptCluster.create(planner, rexBuilder);
        SqlToRelConverter converter =
                new SqlToRelConverter(
                        (type, text, schemaPath, viewPath) -> {
                            throw new UnsupportedOperationException("views");
                        },
                        validator,
                        catalog,
                        cluster,
                        StandardConvertletTable.INSTANCE,
                        SqlToRelConverter.config()
                                .withExpand(false)
                                .withTrimUnusedFields(false)
                                .withInSubQueryThreshold(Integer.MAX_VALUE)
                                // A merged projection could lose an EXPLODE nobody selects from.
                                .withRelBuilderConfigTransform(c -> c.withBloat(-1)));
        RelRoot root = converter.convertQuery(valid, false, true);
        planner.setRoot(root.project());
        RelNode best = planner.findBestExp();

        PlanNode node = new PlanTranslator(rexBuilder).translate(best);
        List<dev.millrace.sql.catalog.SqlType.Field> columns =
                SqlTypes.fields(root.validatedRowType);
        String logical =
                RelOptUtil.toString(best, SqlExplainLevel.EXPPLAN_ATTRIBUTES)
                        .replace(Statement.TABLE_READING, "TABLE");
        return new PlannedQuery(node, columns, logical);
    }

    private static final class CatalogReader extends CalciteCatalogReader {
        CatalogReader(RelationSchema schema, RelDataTypeFactory types) {
            super(
                    CalciteSchema.createRootSchema(false, false, "", schema),
                    new NameMatcher(),
                    List.of(List.of()),
                    types,
                    CalciteConnectionConfig.DEFAULT);
        }
    }

    /** The relations by name, and below {@link Statement#TABLE_READING} the same read as tables. */
    private final class RelationSchema extends AbstractSchema {
        private final boolean readAsTable;

        RelationSchema(boolean readAsTable) {
            this.readAsTable = readAsTable;
        }

        @Override
        public Lookup<Table> tables() {
            return new Names<>(this::table, relations.names());
        }

        private @Nullable Table table(String name) {
            Relation relation = relations.find(name);
            if (relation == null) {
                return null;
            }
            used.put(relation.name(), relation);
            return new RelationTable(readAsTable ? relation.asTable(true) : relation);
        }

        @Override
        public Lookup<? extends Schema> subSchemas() {
            return new Names<Schema>(
                    name ->
                            !readAsTable && name.equals(Statement.TABLE_READING)
                                    ? new RelationSchema(true)
                                    : null,
                    List.of());
        }
    }

    /** What a name means, as a function. */
    @FunctionalInterface
    private interface Meaning<T> {
        @Nullable T of(String name);
    }

    private record Names<T>(Meaning<T> meaning, java.util.Collection<String> all)
            implements Lookup<T> {
        @Override
        public @Nullable T get(String name) {
            return meaning.of(name);
        }

        @Override
        public @Nullable Named<T> getIgnoreCase(String name) {
            T entity = meaning.of(name);
            return entity == null ? null : new Named<>(name, entity);
        }

        @Override
        public Set<String> getNames(LikePattern pattern) {
            List<String> matching = new ArrayList<>();
            for (String name : all) {
                if (pattern.matcher().apply(name)) {
                    matching.add(name);
                }
            }
            return Set.copyOf(matching);
        }
    }
}

package dev.millrace.sql;

import dev.millrace.sql.engine.EngineCore;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SQL over a cluster. Starting it takes no time: the definitions are read in the background, and
 * nothing of the planner is loaded before the first statement, a stored query, or {@link #warmUp}.
 *
 * <p>All methods may be called from any thread; those that say so block.
 */
public final class SqlEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqlEngine.class);
    private static final int STATEMENT_THREADS = 4;

    private final Vertx vertx;
    private final SqlConfig config;
    private final EngineCore core;
    private final WorkerExecutor statements;
    private final Semaphore adHocQueries;
    private final AtomicLong queryNumber = new AtomicLong();

    private SqlEngine(Vertx vertx, SqlConfig config) {
        this.vertx = vertx;
        this.config = config;
        this.core = new EngineCore(config);
        this.statements =
                vertx.createSharedWorkerExecutor(
                        "sql-statements", STATEMENT_THREADS, 2, TimeUnit.MINUTES);
        this.adHocQueries = new Semaphore(config.maxAdHocQueries());
    }

    /** Starts; stored queries come up in the background. */
    public static SqlEngine start(Vertx vertx, SqlConfig config) {
        SqlEngine engine = new SqlEngine(vertx, config);
        engine.core.start();
        return engine;
    }

    public Vertx vertx() {
        return vertx;
    }

    public SqlConfig config() {
        return config;
    }

    /** Loads and warms the planner on a thread of low priority; returns at once. */
    public void warmUp() {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                core.warmUp();
                            } catch (RuntimeException | LinkageError e) {
                                LOG.warn("warming up the planner failed", e);
                            }
                        },
                        "sql-warm-up");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    /**
     * Splits a text into its statements. Blocking, as the first call loads the parser.
     *
     * @throws SqlException if it is not SQL; then none of it is run
     */
    public List<SqlStatement> parse(String text) {
        return core.parse(text);
    }

    /**
     * Runs a statement up to its rows. Blocking.
     *
     * @param properties {@code auto.offset.reset} earliest (the default) or latest, for EMIT
     *     CHANGES
     */
    public SqlAnswer execute(SqlStatement statement, Map<String, String> properties) {
        return core.execute(statement, properties);
    }

    /** Runs blocking work of a statement on a worker thread. */
    public <T> io.vertx.core.Future<T> onWorker(Supplier<T> work) {
        return statements.executeBlocking(work::get, false);
    }

    /**
     * Runs a SELECT on a thread of its own.
     *
     * @param done told on that thread how many rows were delivered, or what went wrong
     * @throws SqlException if as many run as the configuration allows
     */
    public void run(SqlAnswer.Query query, RowSink sink, Consumer<Outcome> done) {
        if (!adHocQueries.tryAcquire()) {
            throw SqlException.limit(
                    config.maxAdHocQueries()
                            + " queries are running, which is the limit; cancel one first");
        }
        Thread thread =
                new Thread(
                        () -> {
                            Outcome outcome;
                            try {
                                outcome = new Outcome(query.run().run(sink), null);
                            } catch (SqlException e) {
                                outcome = new Outcome(0, e);
                            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                                LOG.error("a query failed", e);
                                outcome =
                                        new Outcome(
                                                0,
                                                new SqlException(
                                                        SqlException.Kind.FAILED,
                                                        "the query failed: " + e,
                                                        e));
                            } finally {
                                adHocQueries.release();
                            }
                            done.accept(outcome);
                        },
                        "sql-query-" + queryNumber.incrementAndGet());
        thread.setDaemon(true);
        thread.start();
    }

    /** How a SELECT ended. */
    public record Outcome(long rows, @Nullable SqlException error) {}

    /** SELECTs that run now. */
    public int runningQueries() {
        return config.maxAdHocQueries() - adHocQueries.availablePermits();
    }

    /**
     * Stops the queries; persistent ones go on at the next start. Blocking, some seconds at most.
     */
    @Override
    public void close() {
        core.close();
        statements.close();
    }
}

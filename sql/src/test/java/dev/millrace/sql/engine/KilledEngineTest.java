package dev.millrace.sql.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.sql.SqlTestEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledEngineTest {
    /** Far less than the dead member's session: nobody waits for it. */
    private static final Duration A_FEW_SECONDS =
            Duration.ofMillis(EngineProcess.SESSION_TIMEOUT_MS / 3);

    @Test
    void a_query_goes_on_within_seconds_after_a_kill(@TempDir Path stateDir) throws Exception {
        try (SqlTestEngine sql = new SqlTestEngine()) {
            String topic = sql.topic("visits", 2, List.of("a", "b", "a"));
            String table = sql.name("visit_counts");
            String id = sql.name("killed");
            Process first =
                    EngineProcess.start(
                            sql.bootstrapServers(),
                            stateDir,
                            id,
                            "CREATE TABLE "
                                    + table
                                    + " AS SELECT value AS page, COUNT(*) AS n FROM "
                                    + topic
                                    + " GROUP BY value");
            try {
                await().atMost(Duration.ofSeconds(60))
                        .ignoreExceptions() // there is no table yet
                        .untilAsserted(() -> assertTotal(sql, table, 3));
            } finally {
                kill(first);
            }

            sql.produce(topic, List.of("c", "d", "e"));
            Process second = EngineProcess.start(sql.bootstrapServers(), stateDir, id);
            try {
                await().atMost(A_FEW_SECONDS).untilAsserted(() -> assertGroups(sql, table, 5));
            } finally {
                kill(second);
            }
        }
    }

    private static void assertTotal(SqlTestEngine sql, String table, long total) {
        assertThat(sql.rows("SELECT SUM(n) AS n FROM TABLE(" + table + ")"))
                .containsExactly(List.of(total));
    }

    private static void assertGroups(SqlTestEngine sql, String table, long groups) {
        assertThat(sql.rows("SELECT COUNT(*) AS n FROM TABLE(" + table + ")"))
                .containsExactly(List.of(groups));
    }

    private static void kill(Process process) throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
}

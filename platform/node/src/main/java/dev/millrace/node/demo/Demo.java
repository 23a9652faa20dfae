package dev.millrace.node.demo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.examples.wordcount.WordCount;
import dev.millrace.node.config.HostPort;
import dev.millrace.sql.shell.SqlClient;
import dev.millrace.sql.shell.SqlClient.SqlClientException;
import dev.millrace.streams.KafkaStreams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Live text and clicks, and WordCount running over the text twice: as a DSL program, and as the SQL
 * query that compiles to the same topology. Everything goes through the doors a user has: the Kafka
 * protocol and {@code POST /sql}.
 */
public final class Demo implements AutoCloseable {
    public static final String LINES = "lines";
    public static final String CLICKS = "clicks";
    public static final String COUNTS_BY_DSL = "counts_by_dsl";
    public static final String COUNTS_BY_SQL = "counts_by_sql";

    /** Kept for an hour: the demo may run for days. */
    private static final Map<String, String> SHORT_LIVED =
            Map.of("retention.ms", "3600000", "segment.bytes", String.valueOf(16 << 20));

    private static final Map<String, String> COMPACTED = Map.of("cleanup.policy", "compact");

    public static final String WORDCOUNT =
            "CREATE TABLE IF NOT EXISTS "
                    + COUNTS_BY_SQL
                    + " AS SELECT word, COUNT(*) AS n"
                    + " FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word FROM "
                    + LINES
                    + ") WHERE word <> '' GROUP BY word EMIT CHANGES";

    private final KafkaStreams wordCount;
    private final Generator generator;

    private Demo(KafkaStreams wordCount, Generator generator) {
        this.wordCount = wordCount;
        this.generator = generator;
    }

    /** Blocks until the topics exist and both counts are running. */
    public static Demo start(HostPort kafka, HostPort http, Path stateDir)
            throws ExecutionException, InterruptedException {
        createTopics(kafka.toString());
        Properties config = WordCount.properties(kafka.toString(), "demo-wordcount");
        config.put("state.dir", stateDir.resolve("demo").toString());
        config.put("commit.interval.ms", "500");
        KafkaStreams wordCount = new KafkaStreams(WordCount.topology(LINES, COUNTS_BY_DSL), config);
        wordCount.start();
        Generator generator = new Generator(kafka.toString(), LINES, CLICKS);
        generator.start();
        Demo demo = new Demo(wordCount, generator);
        try {
            execute(new SqlClient(http.toString()), WORDCOUNT);
        } catch (RuntimeException | SqlClientException | IOException e) {
            demo.close();
            throw new IllegalStateException(
                    "the demo's SQL query could not be started: " + e.getMessage(), e);
        }
        return demo;
    }

    private static void execute(SqlClient sql, String statement)
            throws SqlClientException, IOException, InterruptedException {
        try (SqlClient.Answer answer = sql.send(statement)) {
            for (JsonNode line = answer.next(); line != null; line = answer.next()) {
                if (line.has("error")) {
                    throw new IllegalStateException(line.get("error").path("message").asText());
                }
            }
        }
    }

    private static void createTopics(String bootstrap)
            throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            Set<String> present = admin.listTopics().names().get();
            List<NewTopic> wanted =
                    Stream.of(
                                    topic(LINES, 2, SHORT_LIVED),
                                    topic(CLICKS, 2, SHORT_LIVED),
                                    topic(COUNTS_BY_DSL, 2, COMPACTED))
                            .filter(topic -> !present.contains(topic.name()))
                            .toList();
            admin.createTopics(wanted).all().get();
        }
    }

    private static NewTopic topic(String name, int partitions, Map<String, String> configs) {
        return new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(configs);
    }

    @Override
    public void close() {
        generator.close();
        wordCount.close(java.time.Duration.ofSeconds(3));
    }
}

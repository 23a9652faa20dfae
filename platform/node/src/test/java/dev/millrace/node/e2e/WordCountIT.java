package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.examples.wordcount.SampleText;
import dev.millrace.examples.wordcount.WordCount;
import dev.millrace.streams.KafkaStreams;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A book-sized text, counted in three ways by the packaged node, and in three lines without it. */
class WordCountIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BOUNDED =
            "SELECT word, COUNT(*) AS n FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word FROM book)"
                    + " WHERE word <> '' GROUP BY word";
    private static final String PERSISTENT =
            "CREATE TABLE counts_by_sql AS " + BOUNDED + " EMIT CHANGES";

    @TempDir private static Path dir;

    @Test
    void dsl_persistent_query_and_bounded_query_agree_with_the_reference() throws Exception {
        List<String> book = SampleText.lines();
        Map<String, Long> reference = new TreeMap<>(WordCount.reference(book));
        try (PackagedNode node = PackagedNode.start(dir.resolve("data"))) {
            try (Admin admin = Admin.create(node.clientConfig())) {
                admin.createTopics(
                                List.of(
                                        new NewTopic("book", 2, (short) 1),
                                        new NewTopic("counts-by-dsl", 2, (short) 1)))
                        .all()
                        .get();
            }
            // Both running queries see the text come in; the bounded one reads it afterwards.
            sql(node, PERSISTENT);
            Properties config = WordCount.properties(node.kafka(), "wordcount-it");
            config.put("state.dir", dir.resolve("state").toString());
            try (KafkaStreams streams =
                    new KafkaStreams(WordCount.topology("book", "counts-by-dsl"), config)) {
                streams.start();
                produce(node, book);
                assertThat(countsByDsl(node, reference)).isEqualTo(reference);
            }
            assertThat(table(sql(node, BOUNDED))).isEqualTo(reference);
            assertThat(countsBySql(node, reference)).isEqualTo(reference);
            node.kill();
        }
        // The persistent query is there again after a kill, and its table is right.
        try (PackagedNode node = PackagedNode.start(dir.resolve("data"))) {
            produce(node, List.of("whale whale"));
            reference.merge("whale", 2L, Long::sum);
            assertThat(countsBySql(node, reference)).isEqualTo(reference);
            assertThat(node.stop()).isIn(0, 143);
        }
    }

    private static void produce(PackagedNode node, List<String> lines) {
        Map<String, Object> config = new HashMap<>(node.clientConfig());
        config.put("key.serializer", StringSerializer.class);
        config.put("value.serializer", StringSerializer.class);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            lines.forEach(line -> producer.send(new ProducerRecord<>("book", line)));
        }
    }

    /** The newest count of each word, read until they are those expected or a minute has passed. */
    private static Map<String, Long> countsByDsl(PackagedNode node, Map<String, Long> expected) {
        Map<String, Object> config = new HashMap<>(node.clientConfig());
        config.put("key.deserializer", StringDeserializer.class);
        config.put("value.deserializer", LongDeserializer.class);
        Map<String, Long> counts = new TreeMap<>();
        try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(config)) {
            List<TopicPartition> all =
                    IntStream.range(0, 2)
                            .mapToObj(p -> new TopicPartition("counts-by-dsl", p))
                            .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!counts.equals(expected) && System.nanoTime() < deadlineNs) {
                for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(200))) {
                    counts.put(record.key(), record.value());
                }
            }
        }
        return counts;
    }

    /**
     * The rows of the persistent query's table, asked for until they are those expected or a minute
     * has passed.
     */
    private static Map<String, Long> countsBySql(PackagedNode node, Map<String, Long> expected)
            throws Exception {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        Map<String, Long> counts;
        do {
            counts = table(sql(node, "SELECT word, n FROM counts_by_sql"));
        } while (!counts.equals(expected) && System.nanoTime() < deadlineNs);
        return counts;
    }

    private static Map<String, Long> table(JsonNode answer) {
        Map<String, Long> rows = new TreeMap<>();
        answer.get("rows").forEach(row -> rows.put(row.get(0).asText(), row.get(1).asLong()));
        return rows;
    }

    private static JsonNode sql(PackagedNode node, String query) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://" + node.http() + "/sql"))
                        .timeout(Duration.ofSeconds(60))
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        JSON.writeValueAsString(Map.of("query", query))))
                        .build();
        HttpResponse<String> response =
                HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }
}

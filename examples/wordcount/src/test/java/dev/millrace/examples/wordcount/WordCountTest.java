package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import dev.millrace.streams.KafkaStreams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordCountTest {
    @TempDir Path directory;

    @Test
    void the_sample_text_is_the_size_of_a_book_and_always_the_same() {
        List<String> lines = SampleText.lines();

        assertThat(lines.stream().mapToLong(String::length).sum())
                .isBetween(1_000_000L, 2_000_000L);
        assertThat(lines).isEqualTo(SampleText.lines());
        assertThat(lines).startsWith(SampleText.lines(10).toArray(new String[0]));
        Map<String, Long> counts = WordCount.reference(lines);
        assertThat(counts).hasSizeGreaterThan(7_000);
        assertThat(counts.get("the")).isGreaterThan(counts.get("of")).isGreaterThan(10_000L);
    }

    @Test
    void words_are_runs_of_letters_and_digits_in_lower_case() {
        assertThat(WordCount.words("  Call me -- Ishmael, 2nd!"))
                .containsExactly("call", "me", "ishmael", "2nd");
        assertThat(WordCount.words("...")).isEmpty();
    }

    @Test
    void counts_the_sample_text_like_the_reference() throws Exception {
        String id = "wordcount-" + UUID.randomUUID();
        String input = id + "-lines";
        String output = id + "-counts";
        List<String> lines = SampleText.lines();
        try (TestBroker broker = TestBroker.start();
                Admin admin =
                        Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(input, 2, (short) 1),
                                    new NewTopic(output, 2, (short) 1)))
                    .all()
                    .get();
            for (String topic : List.of(input, output)) { // wait for the leaders
                admin.listOffsets(
                                Map.of(
                                        new TopicPartition(topic, 0), OffsetSpec.latest(),
                                        new TopicPartition(topic, 1), OffsetSpec.latest()))
                        .all()
                        .get();
            }
            write(broker, input, lines);
            Properties properties = WordCount.properties(broker.bootstrapServers(), id);
            properties.setProperty("state.dir", directory.toString());

            try (KafkaStreams streams =
                    new KafkaStreams(WordCount.topology(input, output), properties)) {
                streams.start();

                await().atMost(Duration.ofSeconds(90))
                        .untilAsserted(
                                () ->
                                        assertThat(read(broker, output))
                                                .isEqualTo(WordCount.reference(lines)));
            }
            admin.deleteTopics(
                            admin.listTopics().names().get().stream()
                                    .filter(name -> name.startsWith(id))
                                    .toList())
                    .all()
                    .get();
        }
    }

    private static void write(TestBroker broker, String topic, List<String> lines) {
        Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            lines.forEach(line -> producer.send(new ProducerRecord<>(topic, line)));
        }
    }

    private static Map<String, Long> read(TestBroker broker, String topic) {
        Map<String, Long> counts = new HashMap<>();
        Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (KafkaConsumer<String, Long> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new LongDeserializer())) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> counts.put(record.key(), record.value()));
            }
        }
        return counts;
    }
}

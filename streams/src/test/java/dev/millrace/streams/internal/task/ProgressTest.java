package dev.millrace.streams.internal.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.processor.internals.ProcessorMetadata;
import org.apache.kafka.streams.processor.internals.TopicPartitionMetadata;
import org.junit.jupiter.api.Test;

/** The metadata of committed positions, read and written by Kafka Streams' own class. */
class ProgressTest {
    private static final Map<String, Long> MARKS = Map.of("counts", 1000L, "größe", -1L);

    @Test
    void kafka_streams_reads_what_is_written_here() {
        TopicPartitionMetadata theirs =
                TopicPartitionMetadata.decode(new Progress(77, MARKS).encode());

        assertThat(theirs.partitionTime()).isEqualTo(77);
        assertThat(theirs.processorMetadata().get("counts")).isEqualTo(1000);
        assertThat(theirs.processorMetadata().get("größe")).isEqualTo(-1);
    }

    @Test
    void what_kafka_streams_writes_is_read_here() {
        ProcessorMetadata metadata = new ProcessorMetadata();
        MARKS.forEach(metadata::put);

        assertThat(Progress.decode(new TopicPartitionMetadata(77, metadata).encode()))
                .isEqualTo(new Progress(77, MARKS));
        assertThat(
                        Progress.decode(
                                new TopicPartitionMetadata(-1, new ProcessorMetadata()).encode()))
                .isEqualTo(Progress.NONE);
    }

    @Test
    void without_marks_it_is_as_short_as_theirs() {
        assertThat(new Progress(5, Map.of()).encode())
                .isEqualTo(new TopicPartitionMetadata(5, new ProcessorMetadata()).encode());
    }

    @Test
    void version_1_is_a_time_alone() {
        byte[] bytes = java.nio.ByteBuffer.allocate(9).put((byte) 1).putLong(5).array();

        assertThat(Progress.decode(java.util.Base64.getEncoder().encodeToString(bytes)))
                .isEqualTo(new Progress(5, Map.of()));
    }

    @Test
    void more_than_brokers_take_is_told_without_times() {
        Map<String, Long> marks = new HashMap<>(MARKS);
        for (int i = 0; i < 60; i++) {
            marks.put("time.KSTREAM-AGGREGATE-STATE-STORE-00000000" + i, 5L);
        }
        String encoded = new Progress(77, marks).encode();

        assertThat(encoded.length()).isLessThan(4096);
        assertThat(Progress.decode(encoded)).isEqualTo(new Progress(77, MARKS));
    }

    @Test
    void what_others_write_counts_as_nothing() {
        assertThat(Progress.decode("")).isEqualTo(Progress.NONE);
        assertThat(Progress.decode("moved by hand")).isEqualTo(Progress.NONE);
        assertThat(Progress.decode("AgAA")).isEqualTo(Progress.NONE); // ends too early
        assertThat(Progress.decode("BwAAAAAAAAAF")).isEqualTo(Progress.NONE); // version 7
    }
}

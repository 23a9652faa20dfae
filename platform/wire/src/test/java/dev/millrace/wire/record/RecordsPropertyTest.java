package dev.millrace.wire.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/** What Kafka writes we read, and what we write Kafka reads, for any records and every codec. */
class RecordsPropertyTest {
    record Sample(
            long timestampMs,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            List<Header> headers) {
        SimpleRecord toKafka() {
            return new SimpleRecord(timestampMs, key, value, headers.toArray(Header[]::new));
        }
    }

    @Property(tries = 200)
    void kafkas_batches_are_read(@ForAll("samples") List<Sample> samples, @ForAll Codec codec) {
        MemoryRecords kafkas =
                MemoryRecords.withRecords(
                        Compression.of(CompressionType.forId(codec.id())).build(),
                        samples.stream().map(Sample::toKafka).toArray(SimpleRecord[]::new));

        List<LogRecord> read = new ArrayList<>();
        for (RecordBatchView batch : RecordBatches.in(kafkas.buffer())) {
            batch.requireCrc();
            batch.records().forEachRemaining(read::add);
        }

        assertThat(read).hasSameSizeAs(samples);
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            LogRecord record = read.get(i);
            assertThat(record.offset()).isEqualTo(i);
            assertThat(record.timestampMs()).isEqualTo(sample.timestampMs());
            assertThat(record.key()).isEqualTo(sample.key());
            assertThat(record.value()).isEqualTo(sample.value());
            assertThat(record.headers()).isEqualTo(sample.headers());
        }
    }

    @Property(tries = 200)
    void kafka_reads_our_batches(@ForAll("samples") List<Sample> samples, @ForAll Codec codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec).baseOffset(500).leaderEpoch(2);
        for (Sample sample : samples) {
            builder.append(
                    sample.timestampMs(),
                    sample.key(),
                    sample.value(),
                    sample.headers().toArray(Header[]::new));
        }
        ByteBuffer built = builder.build();

        List<Record> read = new ArrayList<>();
        MemoryRecords.readableRecords(built)
                .batches()
                .forEach(
                        batch -> {
                            batch.ensureValid();
                            batch.forEach(read::add);
                        });

        assertThat(read).hasSameSizeAs(samples);
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            Record record = read.get(i);
            assertThat(record.offset()).isEqualTo(500 + i);
            assertThat(record.timestamp()).isEqualTo(sample.timestampMs());
            assertThat(record.key()).isEqualTo(sample.key());
            assertThat(record.value()).isEqualTo(sample.value());
            assertThat(List.of(record.headers())).isEqualTo(sample.headers());
        }
    }

    @Provide
    Arbitrary<List<Sample>> samples() {
        Arbitrary<ByteBuffer> bytes =
                Arbitraries.bytes()
                        .array(byte[].class)
                        .ofMaxSize(300)
                        .map(ByteBuffer::wrap)
                        .injectNull(0.2);
        Arbitrary<List<Header>> headers =
                Combinators.combine(
                                Arbitraries.strings().ofMaxLength(5),
                                Arbitraries.bytes()
                                        .array(byte[].class)
                                        .ofMaxSize(20)
                                        .injectNull(0.2))
                        .as((key, value) -> (Header) new RecordHeader(key, value))
                        .list()
                        .ofMaxSize(3);
        return Combinators.combine(
                        Arbitraries.longs().between(0, 4_000_000_000_000L), bytes, bytes, headers)
                .as(Sample::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(20);
    }
}

package dev.millrace.wire.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchViewTest {
    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static ByteBuffer twoRecords(Codec codec) {
        return new RecordBatchBuilder(codec)
                .producer(7, (short) 3, 40)
                .append(1000, bytes("k1"), bytes("v1"))
                .append(1005, null, bytes("v2"))
                .build();
    }

    @Test
    void reads_every_header_field_as_kafka_does() {
        ByteBuffer bytes = twoRecords(Codec.LZ4);
        RecordBatchView batch = RecordBatchView.at(bytes, 0);
        batch.setBaseOffset(90);
        batch.setLeaderEpoch(4);

        MutableRecordBatch kafkas = kafkaBatch(bytes);
        kafkas.ensureValid();
        assertThat(batch.baseOffset()).isEqualTo(kafkas.baseOffset()).isEqualTo(90);
        assertThat(batch.lastOffset()).isEqualTo(kafkas.lastOffset()).isEqualTo(91);
        assertThat(batch.leaderEpoch()).isEqualTo(kafkas.partitionLeaderEpoch()).isEqualTo(4);
        assertThat(batch.maxTimestamp()).isEqualTo(kafkas.maxTimestamp()).isEqualTo(1005);
        assertThat(batch.producerId()).isEqualTo(kafkas.producerId());
        assertThat(batch.producerEpoch()).isEqualTo(kafkas.producerEpoch());
        assertThat(batch.baseSequence()).isEqualTo(kafkas.baseSequence());
        assertThat(batch.lastSequence()).isEqualTo(kafkas.lastSequence()).isEqualTo(41);
        assertThat(batch.recordCount()).isEqualTo(kafkas.countOrNull());
        assertThat(batch.sizeBytes()).isEqualTo(kafkas.sizeInBytes());
        assertThat(batch.crc()).isEqualTo(kafkas.checksum());
        assertThat(batch.codec().id()).isEqualTo(kafkas.compressionType().id);
    }

    @Test
    void offset_and_epoch_are_patched_without_touching_the_crc() {
        ByteBuffer bytes = twoRecords(Codec.NONE);
        RecordBatchView batch = RecordBatchView.at(bytes, 0);
        long crc = batch.crc();

        batch.setBaseOffset(1L << 40);
        batch.setLeaderEpoch(99);

        assertThat(batch.crc()).isEqualTo(crc);
        assertThat(batch.crcMatches()).isTrue();
    }

    @Test
    void log_append_time_becomes_the_time_of_every_record_and_the_crc_follows() {
        ByteBuffer bytes = twoRecords(Codec.ZSTD);
        RecordBatchView batch = RecordBatchView.at(bytes, 0);

        batch.setLogAppendTime(777_000);

        assertThat(batch.crcMatches()).isTrue();
        kafkaBatch(bytes).ensureValid();
        try (RecordIterator records = batch.records()) {
            assertThat(records.next().timestampMs()).isEqualTo(777_000);
            assertThat(records.next().timestampMs()).isEqualTo(777_000);
        }
    }

    @Test
    void sequences_wrap_to_zero_after_the_greatest_int() {
        ByteBuffer bytes =
                new RecordBatchBuilder()
                        .producer(1, (short) 0, Integer.MAX_VALUE)
                        .append(1, null, bytes("a"))
                        .append(1, null, bytes("b"))
                        .build();

        assertThat(RecordBatchView.at(bytes, 0).lastSequence()).isZero();
    }

    @Test
    void any_flipped_bit_behind_the_crc_is_noticed() {
        ByteBuffer original = twoRecords(Codec.NONE);
        Random random = new Random(11);
        for (int i = 0; i < 200; i++) {
            ByteBuffer bytes = ByteBuffer.allocate(original.limit()).put(original.duplicate());
            int at = RecordBatchView.CRC + random.nextInt(original.limit() - RecordBatchView.CRC);
            bytes.put(at, (byte) (bytes.get(at) ^ (1 << random.nextInt(8))));

            assertThatThrownBy(() -> RecordBatchView.at(bytes, 0).requireCrc())
                    .isInstanceOf(CorruptRecordException.class)
                    .hasMessageContaining("CRC-32C");
        }
    }

    @Test
    void a_frame_that_does_not_fit_says_what_was_expected() {
        ByteBuffer bytes = twoRecords(Codec.NONE);
        RecordBatchView batch = RecordBatchView.at(bytes, 0);

        assertThatThrownBy(() -> batch.requireFrame(60)).hasMessageContaining("needs 61 bytes");
        assertThatThrownBy(() -> batch.requireFrame(bytes.limit() - 1))
                .hasMessageContaining("expected 49 to");
        bytes.putInt(RecordBatchView.LENGTH, -5);
        assertThatThrownBy(() -> batch.requireFrame(bytes.limit()))
                .hasMessageContaining("length field is -5");
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void a_batch_cut_or_shuffled_behind_a_valid_header_is_corrupt_and_nothing_else(Codec codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        Random random = new Random(5);
        for (int i = 0; i < 30; i++) {
            byte[] value = new byte[50];
            random.nextBytes(value);
            builder.append(i, bytes("key" + i), value);
        }
        ByteBuffer original = builder.build();
        for (int i = 0; i < 300; i++) {
            ByteBuffer bytes = ByteBuffer.allocate(original.limit()).put(original.duplicate());
            for (int flips = 0; flips < 3; flips++) {
                int at =
                        RecordBatchView.HEADER_BYTES
                                + random.nextInt(original.limit() - RecordBatchView.HEADER_BYTES);
                bytes.put(at, (byte) random.nextInt());
            }
            RecordBatchView batch = RecordBatchView.at(bytes, 0);
            try (RecordIterator records = batch.records(1 << 20)) {
                records.forEachRemaining(Objects::requireNonNull);
            } catch (CorruptRecordException expected) {
                assertThat(expected).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void a_batch_that_decompresses_to_more_than_allowed_is_refused() {
        ByteBuffer bomb =
                new RecordBatchBuilder(Codec.ZSTD).append(1, null, new byte[4 << 20]).build();
        assertThat(bomb.limit()).isLessThan(10_000);

        RecordIterator records = RecordBatchView.at(bomb, 0).records(1 << 20);

        assertThatThrownBy(records::next)
                .isInstanceOf(CorruptRecordException.class)
                .hasMessageContaining("decompresses to more than 1048576");
    }

    @Test
    void whole_batches_are_iterated_and_a_partial_one_at_the_end_is_left_out() {
        ByteBuffer first = twoRecords(Codec.NONE);
        ByteBuffer second = twoRecords(Codec.GZIP);
        ByteBuffer both = ByteBuffer.allocate(first.limit() + second.limit());
        both.put(first).put(second).flip();

        assertThat(RecordBatches.in(both)).hasSize(2);
        both.limit(both.limit() - 1);
        assertThat(RecordBatches.in(both)).hasSize(1);
        both.limit(10);
        assertThat(RecordBatches.in(both)).isEmpty();
    }

    @Test
    void the_end_of_a_transaction_is_what_kafka_writes() {
        ByteBuffer bytes = RecordBatchBuilder.endTransaction(12, (short) 4, true, 8, 5000);

        MutableRecordBatch kafkas = kafkaBatch(bytes);
        kafkas.ensureValid();
        assertThat(kafkas.isControlBatch()).isTrue();
        assertThat(kafkas.isTransactional()).isTrue();
        var marker = EndTransactionMarker.deserialize(kafkas.iterator().next());
        assertThat(marker.coordinatorEpoch()).isEqualTo(8);
        assertThat(marker.controlType()).isEqualTo(ControlRecordType.COMMIT);
    }

    private static MutableRecordBatch kafkaBatch(ByteBuffer bytes) {
        List<MutableRecordBatch> batches = new ArrayList<>();
        MemoryRecords.readableRecords(bytes.duplicate()).batches().forEach(batches::add);
        assertThat(batches).hasSize(1);
        return batches.get(0);
    }
}

package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.ShortRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Our records of {@code __transaction_state} are Kafka's, byte for byte. */
class TransactionLogTest {
    private static @Nullable Transaction read(byte[] key, byte @Nullable [] value) {
        Transaction[] found = new Transaction[1];
        TransactionLog.read(
                ByteBuffer.wrap(key),
                value == null ? null : ByteBuffer.wrap(value),
                (id, txn) -> found[0] = txn);
        return found[0];
    }

    private static Transaction transaction(
            long producerId,
            long next,
            short epoch,
            TransactionState state,
            Set<TopicPartition> partitions,
            short version) {
        return new Transaction(
                "payments",
                producerId,
                producerId,
                next,
                epoch,
                Transaction.NO_EPOCH,
                60_000,
                state,
                state == TransactionState.EMPTY ? Set.of() : partitions,
                1_700_000_000_000L,
                1_700_000_000_500L,
                version);
    }

    @Property(tries = 300)
    void kafka_reads_what_we_write_and_we_read_what_kafka_writes(
            @ForAll @LongRange(min = 0) long producerId,
            @ForAll @LongRange(min = -1, max = 5) long next,
            @ForAll @ShortRange(min = 0) short epoch,
            @ForAll @IntRange(min = 0, max = 5) int state,
            @ForAll @Size(max = 4) Set<@AlphaChars @StringLength(min = 1, max = 20) String> topics,
            @ForAll @Size(max = 5) Set<@IntRange(max = 300) Integer> numbers,
            @ForAll boolean v2,
            @ForAll boolean flexible) {
        Set<TopicPartition> partitions = new HashSet<>();
        topics.forEach(topic -> numbers.forEach(n -> partitions.add(new TopicPartition(topic, n))));
        Transaction txn =
                transaction(
                        producerId,
                        flexible ? next : -1,
                        epoch,
                        TransactionState.ofId((byte) state).orElseThrow(),
                        partitions,
                        flexible && v2 ? (short) 2 : 0);
        short version = flexible ? TransactionLog.VERSION_1 : TransactionLog.VERSION_0;

        byte[] key = TransactionLog.key(txn.id());
        byte[] value = TransactionLog.value(txn, version);
        TransactionLogValue theirs = theirs(value, version);

        assertThat(theirs.producerId()).isEqualTo(producerId);
        assertThat(theirs.producerEpoch()).isEqualTo(epoch);
        assertThat(theirs.transactionStatus()).isEqualTo((byte) state);
        assertThat(theirs.transactionTimeoutMs()).isEqualTo(60_000);
        assertThat(theirs.transactionStartTimestampMs()).isEqualTo(txn.startMs());
        assertThat(theirs.transactionLastUpdateTimestampMs()).isEqualTo(txn.updateMs());
        assertThat(theirs.previousProducerId()).isEqualTo(flexible ? producerId : -1);
        assertThat(theirs.nextProducerId()).isEqualTo(txn.nextProducerId());
        assertThat(theirs.clientTransactionVersion()).isEqualTo(txn.version());
        assertThat(bytes(theirs, version)).isEqualTo(value);
        Transaction again = Objects.requireNonNull(read(key, value));
        assertThat(again.partitions()).isEqualTo(txn.partitions());
        assertThat(TransactionLog.value(again, version)).isEqualTo(value);
    }

    private static TransactionLogValue theirs(byte[] value, short version) {
        ByteBuffer bytes = ByteBuffer.wrap(value);
        assertThat(bytes.getShort()).isEqualTo(version);
        TransactionLogValue read = new TransactionLogValue(new ByteBufferAccessor(bytes), version);
        assertThat(bytes.hasRemaining()).isFalse();
        return read;
    }

    private static byte[] bytes(TransactionLogValue value, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(2 + value.size(cache, version));
        bytes.putShort(version);
        value.write(new ByteBufferAccessor(bytes), cache, version);
        return bytes.array();
    }

    @Test
    void the_key_is_kafkas() {
        ByteBuffer key = ByteBuffer.wrap(TransactionLog.key("zähler"));
        assertThat(key.getShort()).isZero();
        assertThat(new TransactionLogKey(new ByteBufferAccessor(key), (short) 0).transactionalId())
                .isEqualTo("zähler");
    }

    @Test
    void a_record_without_a_value_is_a_tombstone() {
        boolean[] seen = new boolean[1];
        TransactionLog.read(
                ByteBuffer.wrap(TransactionLog.key("gone")),
                null,
                (id, txn) -> seen[0] = id.equals("gone") && txn == null);
        assertThat(seen[0]).isTrue();
    }

    @Test
    void kinds_and_versions_from_the_future_are_passed_over() {
        byte[] key = TransactionLog.key("x");
        key[1] = 9;
        assertThat(read(key, new byte[] {0, 0})).isNull();
        assertThat(read(TransactionLog.key("x"), new byte[] {0, 2, 1, 1, 1})).isNull();
    }

    @Test
    void a_record_that_ends_early_is_corrupt() {
        byte[] value =
                TransactionLog.value(
                        transaction(
                                1,
                                -1,
                                (short) 0,
                                TransactionState.ONGOING,
                                Set.of(new TopicPartition("t", 1)),
                                (short) 2),
                        TransactionLog.VERSION_1);
        for (int length : List.of(3, 12, 20, 27, value.length - 1)) {
            byte[] cut = Arrays.copyOf(value, length);
            assertThatThrownBy(() -> read(TransactionLog.key("x"), cut))
                    .as("%d of %d bytes", length, value.length)
                    .isInstanceOf(CorruptRecordException.class);
        }
    }

    @Test
    void ids_are_placed_as_kafka_places_them() {
        assertThat("payments".hashCode()).isEqualTo(1382682413);
        assertThat(TransactionLog.partitionOf("payments", 50)).isEqualTo(13);
        assertThat("transfer-7".hashCode()).isNegative();
        assertThat(TransactionLog.partitionOf("transfer-7", 50))
                .isEqualTo(-"transfer-7".hashCode() % 50);
        String smallest = "polygenelubricants";
        assertThat(smallest.hashCode()).isEqualTo(Integer.MIN_VALUE);
        assertThat(TransactionLog.partitionOf(smallest, 50)).isZero();
    }
}

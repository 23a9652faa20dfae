package dev.millrace.client;

import dev.millrace.client.RecordProjection.Decoder;
import dev.millrace.client.codec.Codec;
import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.CompletableSource;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.functions.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * One topic and how its keys and values are encoded: a value, shared freely.
 *
 * <p>Readers are cold. Each subscription has one consumer and one thread, named {@code
 * millrace-reader-TOPIC-N}, which calls the subscriber; both are gone soon after it cancels.
 * Without demand the partitions are paused, and at most {@link ClientConfig#maxPollRecords} records
 * wait in memory beside kafka-clients' own fetch buffer. Errors: {@link ClientException}, else
 * kafka-clients' own. A broker that goes away later is waited for.
 */
public final class Topic<K, V> {
    private final String name;
    private final Codec<K> keys;
    private final Codec<V> values;
    private final ClientConfig config;
    private final OpenReaders readers;
    private final RecordSender sender;

    Topic(
            String name,
            Codec<K> keys,
            Codec<V> values,
            ClientConfig config,
            OpenReaders readers,
            RecordSender sender) {
        this.name = name;
        this.keys = keys;
        this.values = values;
        this.config = config;
        this.readers = readers;
        this.sender = sender;
    }

    public String name() {
        return name;
    }

    public <K2> Topic<K2, V> keys(Codec<K2> codec) {
        return new Topic<>(name, codec, values, config, readers, sender);
    }

    public <V2> Topic<K, V2> values(Codec<V2> codec) {
        return new Topic<>(name, keys, codec, config, readers, sender);
    }

    /** The whole topic, then what is added to it. */
    public Flowable<ConsumerRecord<K, V>> records() {
        return records(ReadOptions.fromBeginning());
    }

    /**
     * The records of the topic, in order within a partition.
     *
     * <p>With a group, offsets are committed of records that {@code onNext} has returned for; work
     * that goes on after that (behind {@code observeOn}, for instance) is better given to {@link
     * #process}.
     */
    public Flowable<ConsumerRecord<K, V>> records(ReadOptions options) {
        return reader(
                options,
                ReaderLoop.Settling.HANDED_DOWN,
                () -> new RecordProjection<>(new Decoder<>(keys, values)));
    }

    /**
     * Gives each record to the handler, one at a time, and commits its offset only after the
     * handler's work has completed: each record is processed at least once. Never completes by
     * itself; fails when the handler fails.
     *
     * @param options must name a group
     */
    public Completable process(
            ReadOptions options,
            Function<? super ConsumerRecord<K, V>, ? extends CompletableSource> handler) {
        if (options.group().isEmpty()) {
            throw new IllegalArgumentException("process: expected options with a group, got none");
        }
        return new ProcessOneByOne<>(
                reader(
                        options,
                        ReaderLoop.Settling.NEXT_REQUESTED,
                        () -> new RecordProjection<>(new Decoder<>(keys, values))),
                handler);
    }

    /** The table as it is, then as it moves. */
    public Flowable<TableEvent<K, V>> table() {
        return table(ReadOptions.fromBeginning());
    }

    /**
     * The latest value of each key.
     *
     * @param options from the beginning and without a group; with {@code untilNow} it completes
     *     after the snapshot
     */
    public Flowable<TableEvent<K, V>> table(ReadOptions options) {
        if (!(options.from() instanceof ReadFrom.Beginning)) {
            throw new IllegalArgumentException(
                    "a table is read from the beginning of its topic, not from " + options.from());
        }
        refuseGroup(options, "a table");
        return reader(
                options,
                ReaderLoop.Settling.HANDED_DOWN,
                () -> new TableProjection<>(new Decoder<>(keys, values), config.maxTableRows()));
    }

    /** All changes since the beginning of the topic. */
    public Flowable<Change<K, V>> changelog() {
        return changelog(ReadOptions.fromBeginning());
    }

    /**
     * What each record changed.
     *
     * @param options from which record on changes are handed down; the topic is read from its
     *     beginning all the same, to know the old values. No group.
     */
    public Flowable<Change<K, V>> changelog(ReadOptions options) {
        refuseGroup(options, "a changelog");
        return reader(
                options,
                ReaderLoop.Settling.HANDED_DOWN,
                () ->
                        new ChangelogProjection<>(
                                new Decoder<>(keys, values), config.maxTableRows()));
    }

    /**
     * @param value null for a tombstone
     */
    public Single<RecordMetadata> send(K key, @Nullable V value) {
        return sender.send(() -> encode(new ProducerRecord<>(name, key, value)));
    }

    /**
     * Writes records of this topic; see {@link MillraceClient#produce}.
     *
     * @param records a record that names another topic fails the stream
     */
    public Flowable<RecordMetadata> produce(Flowable<ProducerRecord<K, V>> records) {
        return sender.produce(records.map(this::encode));
    }

    private ProducerRecord<byte[], byte[]> encode(ProducerRecord<K, V> record) {
        if (!record.topic().equals(name)) {
            throw new IllegalArgumentException(
                    "expected records for topic " + name + ", got one for " + record.topic());
        }
        return RecordSender.encoded(
                record,
                keys.serializer().serialize(name, record.headers(), record.key()),
                values.serializer().serialize(name, record.headers(), record.value()));
    }

    private <R> Flowable<R> reader(
            ReadOptions options, ReaderLoop.Settling settling, Supplier<Projection<R>> projection) {
        return new TopicReader<>(readers, config, name, options, settling, projection);
    }

    private static void refuseGroup(ReadOptions options, String what) {
        if (options.group().isPresent()) {
            throw new IllegalArgumentException(
                    what + " needs every record of its partitions: it cannot be read by a group");
        }
    }
}

package dev.millrace.client;

import dev.millrace.client.codec.Codecs;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Single;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * A reactive client of a Millrace or Apache Kafka cluster. Any thread may use it; it connects when
 * it is first used, and must be closed.
 *
 * <pre>{@code
 * try (MillraceClient client = MillraceClient.connect("127.0.0.1:9092")) {
 *     Topic<String, JsonObject> orders =
 *             client.topic("orders").keys(Codecs.STRING).values(Codecs.JSON_OBJECT);
 *     orders.send("o1", new JsonObject().put("total", 12)).blockingGet();
 *     orders.table().take(1).blockingForEach(event -> ...);
 * }
 * }</pre>
 *
 * Everything it returns is cold: nothing happens before somebody subscribes. Results of produce,
 * send and admin calls arrive on RxJava's computation threads, those of readers on the reader's own
 * thread.
 */
public final class MillraceClient implements AutoCloseable {
    private static final long CLOSE_READERS_MS = 5_000;

    private final ClientConfig config;
    private final OpenReaders readers = new OpenReaders();
    private final RecordSender sender;
    private final ClusterAdmin admin;

    private MillraceClient(ClientConfig config) {
        this.config = config;
        this.sender = new RecordSender(config);
        this.admin = new ClusterAdmin(config);
    }

    /**
     * @param bootstrapServers HOST:PORT[,HOST:PORT]...
     */
    public static MillraceClient connect(String bootstrapServers) {
        return connect(ClientConfig.of(bootstrapServers));
    }

    public static MillraceClient connect(ClientConfig config) {
        return new MillraceClient(config);
    }

    /** The topic as bytes; give it codecs with {@link Topic#keys} and {@link Topic#values}. */
    public Topic<byte[], byte[]> topic(String name) {
        return new Topic<>(name, Codecs.BYTES, Codecs.BYTES, config, readers, sender);
    }

    /**
     * Writes records to whatever topics they name; keys and values are encoded by their class
     * ({@link Codecs#encode}).
     *
     * @return one result per record, in the order of the records. At most {@link
     *     ClientConfig#maxInFlight} records are asked of the source ahead of the results that the
     *     subscriber has asked for. The first record that fails ends the stream with its error and
     *     cancels the source; records after it may have been written.
     */
    public Flowable<RecordMetadata> produce(Flowable<? extends ProducerRecord<?, ?>> records) {
        return sender.produce(records.map(RecordSender::encodeByType));
    }

    /**
     * Writes one record, encoded as in {@link #produce}. Fails if more than {@link
     * ClientConfig#maxPendingSends} of them wait for an acknowledgement.
     */
    public Single<RecordMetadata> send(ProducerRecord<?, ?> record) {
        return sender.send(() -> RecordSender.encodeByType(record));
    }

    public ClusterAdmin admin() {
        return admin;
    }

    public ClientConfig config() {
        return config;
    }

    /** Ends open readers with {@link ClientException.Closed}, then sends what waits to be sent. */
    @Override
    public void close() {
        readers.close(CLOSE_READERS_MS);
        sender.close();
        admin.close();
    }
}

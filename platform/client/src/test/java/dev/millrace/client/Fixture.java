package dev.millrace.client;

import dev.millrace.broker.TestBroker;
import dev.millrace.client.codec.Codecs;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Single;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A broker, a client, and topics that no other test uses. */
final class Fixture implements AutoCloseable {
    final TestBroker broker = TestBroker.start();
    final MillraceClient client = MillraceClient.connect(broker.bootstrapServers());

    /** A new topic of one partition. */
    Topic<String, String> topic(String name) {
        return topic(name, 1);
    }

    Topic<String, String> topic(String name, int partitions) {
        String unique = unique(name);
        client.admin()
                .createTopic(unique, Optional.of(partitions), Optional.of((short) 1), Map.of())
                .blockingAwait();
        return strings(client, unique);
    }

    static Topic<String, String> strings(MillraceClient client, String name) {
        return client.topic(name).keys(Codecs.STRING).values(Codecs.STRING);
    }

    static String unique(String name) {
        return "client-" + name + "-" + UUID.randomUUID().toString().substring(0, 8);
    }

    /** Values 0, 1, 2... under the key "k". */
    static void fill(Topic<String, String> topic, int count) {
        topic.produce(
                        Flowable.range(0, count)
                                .map(i -> new ProducerRecord<>(topic.name(), "k", "" + i)))
                .ignoreElements()
                .blockingAwait();
    }

    /** Waits for a single whose result does not matter. */
    static void done(Single<?> single) {
        single.ignoreElement().blockingAwait();
    }

    static String message(Throwable e) {
        return String.valueOf(e.getMessage());
    }

    static boolean readerRuns(String topic) {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("millrace-reader-" + topic + "-"));
    }

    @Override
    public void close() {
        client.close();
        broker.close();
    }
}

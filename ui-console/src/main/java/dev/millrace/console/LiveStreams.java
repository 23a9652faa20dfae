package dev.millrace.console;

import io.vertx.core.json.JsonObject;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;

/** The threads of live tails and tables: one per open stream, never more than the limit. */
final class LiveStreams {
    /** The work of one stream: reads and sends until the stream is closed. */
    interface Feed {
        void run(TopicConsumer consumer, SseStream stream) throws InterruptedException;
    }

    private final ConsoleConfig config;
    private final KafkaClients clients;
    private final Set<SseStream> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger running = new AtomicInteger();

    LiveStreams(ConsoleConfig config, KafkaClients clients) {
        this.config = config;
        this.clients = clients;
    }

    /** Refuses with 503 when all places are taken. */
    void admit() {
        if (running.incrementAndGet() > config.maxStreams()) {
            running.decrementAndGet();
            throw new ApiException(
                    503,
                    "all "
                            + config.maxStreams()
                            + " live streams of this node are in use; close another live view");
        }
    }

    /** Runs an admitted feed on a thread of its own; a failure ends it with an error event. */
    void run(String name, Set<Integer> partitions, String topic, SseStream stream, Feed feed) {
        open.add(stream);
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                consume(name, partitions, topic, stream, feed);
                            } finally {
                                running.decrementAndGet();
                                open.remove(stream);
                                stream.close();
                            }
                        },
                        name);
        thread.setDaemon(true);
        thread.start();
    }

    int running() {
        return running.get();
    }

    void close() {
        open.forEach(SseStream::close);
    }

    private void consume(
            String name, Set<Integer> partitions, String topic, SseStream stream, Feed feed) {
        try (TopicConsumer consumer = TopicConsumer.open(clients, name, topic, partitions)) {
            // A browser that leaves ends a waiting poll at once.
            stream.closed().onComplete(gone -> consumer.wakeup());
            feed.run(consumer, stream);
        } catch (WakeupException | InterruptException gone) {
            // The browser left: nobody to tell.
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failure) {
            ApiException answer = ApiException.from(failure, config.bootstrapServers());
            stream.offer("failed", null, errorJson(answer).encode());
        }
    }

    static JsonObject errorJson(ApiException answer) {
        return new JsonObject()
                .put(
                        "error",
                        new JsonObject()
                                .put("message", answer.getMessage())
                                .put("status", answer.status()));
    }
}

package dev.millrace.client;

import dev.millrace.client.codec.Codecs;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Scheduler;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.core.SingleEmitter;
import io.reactivex.rxjava3.schedulers.Schedulers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The producer of a client, and the one thread that calls it: {@code KafkaProducer.send} blocks
 * while it has no metadata or no buffer memory, which no caller's thread should do.
 */
final class RecordSender implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RecordSender.class);
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final long IDLE_MS = 1_000;

    private final ClientConfig config;

    /**
     * Never shut down, so that streams that are still open hear of the end; its thread ends when
     * idle.
     */
    private final ThreadPoolExecutor executor =
            new ThreadPoolExecutor(
                    1,
                    1,
                    IDLE_MS,
                    TimeUnit.MILLISECONDS,
                    new LinkedBlockingQueue<>(), // bounded by maxPendingSends, one entry per stream
                    RecordSender::thread);

    private final Scheduler scheduler = Schedulers.from(executor);
    private final AtomicInteger unacknowledged = new AtomicInteger();
    private final AtomicInteger pendingSends = new AtomicInteger();
    private @Nullable Producer<byte[], byte[]> producer; // executor's thread only
    private boolean producerClosed; // executor's thread only
    private volatile boolean closed;

    RecordSender(ClientConfig config) {
        this.config = config;
        executor.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "millrace-sender");
        thread.setDaemon(true);
        return thread;
    }

    Flowable<RecordMetadata> produce(Flowable<ProducerRecord<byte[], byte[]>> encoded) {
        return encoded.observeOn(scheduler, false, config.maxInFlight())
                .concatMapEager(record -> write(record).toFlowable(), config.maxInFlight(), 1)
                .observeOn(Schedulers.computation());
    }

    Single<RecordMetadata> send(Supplier<ProducerRecord<byte[], byte[]>> encoded) {
        return Single.defer(
                () -> {
                    if (closed) {
                        return Single.error(closedError());
                    }
                    if (pendingSends.incrementAndGet() > config.maxPendingSends()) {
                        pendingSends.decrementAndGet();
                        return Single.error(
                                new IllegalStateException(
                                        "more than "
                                                + config.maxPendingSends()
                                                + " sends wait for an acknowledgement: use produce(Flowable),"
                                                + " which slows its source, or raise maxPendingSends"));
                    }
                    return Single.defer(() -> write(encoded.get()))
                            .subscribeOn(scheduler)
                            .doFinally(pendingSends::decrementAndGet)
                            .observeOn(Schedulers.computation());
                });
    }

    /** Subscribed on the executor's thread; answers on the producer's I/O thread. */
    private Single<RecordMetadata> write(ProducerRecord<byte[], byte[]> record) {
        return Single.create(
                emitter -> {
                    if (producerClosed) {
                        emitter.tryOnError(closedError());
                        return;
                    }
                    Producer<byte[], byte[]> current = producer();
                    unacknowledged.incrementAndGet();
                    try {
                        current.send(
                                record,
                                (metadata, failure) ->
                                        acknowledged(record.topic(), emitter, metadata, failure));
                    } catch (RuntimeException e) { // not taken: there will be no callback
                        unacknowledged.decrementAndGet();
                        throw e;
                    }
                });
    }

    private void acknowledged(
            String topic,
            SingleEmitter<RecordMetadata> emitter,
            RecordMetadata metadata,
            @Nullable Exception failure) {
        unacknowledged.decrementAndGet();
        if (failure == null) {
            emitter.onSuccess(metadata);
        } else {
            emitter.tryOnError(explain(topic, failure));
        }
    }

    private Producer<byte[], byte[]> producer() {
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
            Map<String, Object> settings = new HashMap<>();
            settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
            settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, config.connectTimeoutMs());
            settings.putAll(config.kafka());
            current =
                    new KafkaProducer<>(
                            settings, new ByteArraySerializer(), new ByteArraySerializer());
            producer = current;
        }
        return current;
    }

    private Throwable explain(String topic, Exception failure) {
        if (failure instanceof org.apache.kafka.common.errors.TimeoutException
                && String.valueOf(failure.getMessage()).contains("metadata")) {
            return new ClientException.NoLeader(
                    topic, config.bootstrapServers(), config.connectTimeoutMs(), failure);
        }
        return failure;
    }

    private static ClientException closedError() {
        return new ClientException.Closed("a record was to be sent");
    }

    static ProducerRecord<byte[], byte[]> encodeByType(ProducerRecord<?, ?> record) {
        return encoded(
                record,
                Codecs.encode(record.topic(), record.key()),
                Codecs.encode(record.topic(), record.value()));
    }

    static ProducerRecord<byte[], byte[]> encoded(
            ProducerRecord<?, ?> record, byte @Nullable [] key, byte @Nullable [] value) {
        return new ProducerRecord<>(
                record.topic(),
                record.partition(),
                record.timestamp(),
                key,
                value,
                record.headers());
    }

    @Override
    public void close() {
        closed = true;
        boolean waiting = unacknowledged.get() > 0 || pendingSends.get() > 0;
        Future<?> done = executor.submit(this::closeProducer); // after the sends that wait
        try {
            // With nothing left to send, a broker that does not answer must not hold us up: the
            // producer's I/O thread, a daemon, may be in a request for as long as its timeout.
            done.get(waiting ? CLOSE.toMillis() + IDLE_MS : IDLE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            if (waiting) {
                log.warn("records may not have been sent before the client was closed", e);
            }
        }
    }

    private void closeProducer() {
        producerClosed = true;
        if (producer != null) {
            producer.close(unacknowledged.get() == 0 ? Duration.ZERO : CLOSE);
        }
    }
}

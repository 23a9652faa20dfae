package dev.millrace.streams.internal.rx;

import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.FlowableSubscriber;
import io.reactivex.rxjava3.schedulers.Schedulers;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;

/**
 * Writes what a Flowable emits to its internal topic. It asks for as many records as may be under
 * way, and for one more with each that all in-sync replicas have: what was asked for and is not
 * acknowledged when the process dies is lost, and nothing else.
 *
 * <p>Subscribes, and is called, on threads of {@code Schedulers.io()}, where the producer may block
 * it.
 */
final class InflowWriter implements FlowableSubscriber<Record<Object, Object>> {
    private static final int PREFETCH = 16;

    private final Inflow inflow;
    private final String topic;
    private final Producer<byte[], byte[]> producer;
    private final Serializer<Object> keySerializer;
    private final Serializer<Object> valueSerializer;
    private final int maxInFlight;
    private final Consumer<Throwable> failed;
    private volatile @Nullable Subscription upstream;
    private volatile boolean over;

    /**
     * @param topic as it is named on the cluster
     * @param failed told once, of the Flowable's error or the producer's
     */
    InflowWriter(
            Inflow inflow,
            String topic,
            Producer<byte[], byte[]> producer,
            Serializer<Object> keySerializer,
            Serializer<Object> valueSerializer,
            int maxInFlight,
            Consumer<Throwable> failed) {
        this.inflow = inflow;
        this.topic = topic;
        this.producer = producer;
        this.keySerializer = keySerializer;
        this.valueSerializer = valueSerializer;
        this.maxInFlight = maxInFlight;
        this.failed = failed;
    }

    void start() {
        inflow.records()
                .subscribeOn(Schedulers.io())
                .observeOn(Schedulers.io(), true, Math.min(PREFETCH, maxInFlight))
                .subscribe(this);
    }

    /** Takes no more; what is under way is the producer's. */
    void cancel() {
        over = true;
        Subscription subscribed = upstream;
        if (subscribed != null) {
            subscribed.cancel();
        }
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        upstream = subscription;
        if (over) {
            subscription.cancel();
        } else {
            subscription.request(maxInFlight);
        }
    }

    @Override
    public void onNext(Record<Object, Object> record) {
        if (over) {
            return;
        }
        try {
            send(record);
        } catch (RuntimeException e) {
            fail(e); // of a serialiser, the partitioner, or the producer
        }
    }

    private void send(Record<Object, Object> record) {
        byte[] key = serialize(keySerializer, record.key(), record);
        byte[] value = serialize(valueSerializer, record.value(), record);
        StreamPartitioner<Object, Object> partitioner = inflow.partitioner();
        Optional<Set<Integer>> chosen =
                partitioner == null
                        ? Optional.empty()
                        : partitioner.partitions(
                                topic,
                                record.key(),
                                record.value(),
                                producer.partitionsFor(topic).size());
        if (chosen.isEmpty()) {
            send(record, null, key, value, new AtomicInteger(1));
        } else if (chosen.get().isEmpty()) {
            acknowledged(new AtomicInteger(1)); // the partitioner drops it
        } else {
            AtomicInteger copies = new AtomicInteger(chosen.get().size());
            chosen.get().forEach(partition -> send(record, partition, key, value, copies));
        }
    }

    private byte @Nullable [] serialize(
            Serializer<Object> serializer, @Nullable Object part, Record<Object, Object> record) {
        return part == null ? null : serializer.serialize(topic, record.headers(), part);
    }

    @SuppressWarnings("NullAway") // a ProducerRecord may hold nulls
    private void send(
            Record<Object, Object> record,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            AtomicInteger copies) {
        producer.send(
                new ProducerRecord<>(
                        topic, partition, record.timestamp(), key, value, record.headers()),
                (metadata, exception) -> {
                    if (exception == null) {
                        acknowledged(copies);
                    } else {
                        fail(exception);
                    }
                });
    }

    private void acknowledged(AtomicInteger copies) {
        Subscription subscribed = upstream;
        if (copies.decrementAndGet() == 0 && subscribed != null) {
            subscribed.request(1);
        }
    }

    private void fail(Throwable cause) {
        synchronized (this) {
            if (over) {
                return;
            }
            cancel();
        }
        failed.accept(cause);
    }

    @Override
    public void onError(Throwable cause) {
        fail(cause);
    }

    @Override
    public void onComplete() {
        over = true;
    }
}

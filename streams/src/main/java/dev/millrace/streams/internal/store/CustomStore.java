package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.ProcessorStateException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.BatchingStateRestoreCallback;
import dev.millrace.streams.processor.CommitCallback;
import dev.millrace.streams.processor.StateRestoreCallback;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A store of the program's own making: it writes its changelog itself, if it has one. */
public final class CustomStore implements TaskStore {
    private final StateStore store;
    private @Nullable StateRestoreCallback callback;
    private @Nullable CommitCallback commitCallback;

    public CustomStore(StateStore store) {
        this.store = store;
    }

    public void init(StateStoreContext context) {
        store.init(context, store);
    }

    /** What the store registered while it was initialised. */
    public void register(StateRestoreCallback callback, @Nullable CommitCallback commitCallback) {
        this.callback = callback;
        this.commitCallback = commitCallback;
    }

    /**
     * Makes it durable.
     *
     * @param changelogOffsets how far it holds its changelog; empty when it has none, or does not
     *     outlive the process
     */
    public void commit(Map<TopicPartition, Long> changelogOffsets) {
        store.commit(changelogOffsets);
        if (commitCallback != null) {
            try {
                commitCallback.onCommit();
            } catch (IOException e) {
                throw new ProcessorStateException("Store " + name() + " cannot commit", e);
            }
        }
    }

    @Override
    public String name() {
        return store.name();
    }

    @Override
    public StateStore view(LongSupplier timestamp) {
        return store;
    }

    @Override
    public void flush() {
        store.flush();
    }

    @Override
    public void sync() {
        commit(Map.of());
    }

    @Override
    public boolean persistent() {
        return store.persistent();
    }

    @Override
    public void restore(List<ConsumerRecord<byte[], byte[]>> records) {
        if (callback == null) {
            throw new StreamsException(
                    "Store "
                            + name()
                            + " has a changelog, but registered no callback to restore from it:"
                            + " call StateStoreContext.register() in init()");
        }
        if (callback instanceof BatchingStateRestoreCallback batching) {
            List<KeyValue<byte[], byte[]>> all = new ArrayList<>(records.size());
            records.forEach(record -> all.add(new KeyValue<>(record.key(), record.value())));
            batching.restoreAll(all);
        } else {
            for (ConsumerRecord<byte[], byte[]> record : records) {
                callback.restore(record.key(), record.value());
            }
        }
    }

    @Override
    public void close() {
        store.close();
    }
}

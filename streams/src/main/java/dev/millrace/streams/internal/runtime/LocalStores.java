package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.errors.InvalidStateStorePartitionException;
import dev.millrace.streams.errors.StreamsRebalancingException;
import dev.millrace.streams.errors.UnknownStateStoreException;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
import dev.millrace.streams.state.QueryableStoreType;
import dev.millrace.streams.state.StateStoreProvider;
import dev.millrace.streams.state.StateStoreReader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The stores of all threads of an instance, for readers on other threads. */
public final class LocalStores {
    private final Collection<SubtopologySpec> subtopologies;
    private final Set<String> globals;
    private final Supplier<List<StreamThread>> threads;
    private final Supplier<@Nullable GlobalThread> globalThread;

    /**
     * @param globals names of the global stores
     * @param globalThread null without global stores, and before the instance starts
     */
    public LocalStores(
            Collection<SubtopologySpec> subtopologies,
            Set<String> globals,
            Supplier<List<StreamThread>> threads,
            Supplier<@Nullable GlobalThread> globalThread) {
        this.subtopologies = subtopologies;
        this.globals = globals;
        this.threads = threads;
        this.globalThread = globalThread;
    }

    boolean isGlobal(String storeName) {
        return globals.contains(storeName);
    }

    private GlobalThread globalThread(String storeName) {
        GlobalThread thread = globalThread.get();
        if (thread == null) {
            throw new InvalidStateStoreException(
                    "the state store, " + storeName + ", is not open.");
        }
        return thread;
    }

    /** Reads a global store together with what it has seen of its topic. */
    <R> R queryGlobal(String storeName, BiFunction<StateStore, Position, R> reading) {
        return globalThread(storeName).query(storeName, reading);
    }

    /** Sub-topology that has the store; null: none. */
    public @Nullable SubtopologySpec subtopologyOf(String storeName) {
        for (SubtopologySpec subtopology : subtopologies) {
            for (StoreSpec store : subtopology.stores()) {
                if (store.name().equals(storeName)) {
                    return subtopology;
                }
            }
        }
        return null;
    }

    /** One task of one thread. */
    public record Hosted(StreamThread thread, TaskId task, boolean running) {}

    /**
     * Tasks of this instance that have the store.
     *
     * @param stale also those that do not run: standbys, and those that are being restored
     */
    public List<Hosted> tasksWith(String storeName, boolean stale) {
        SubtopologySpec subtopology = subtopologyOf(storeName);
        List<Hosted> found = new ArrayList<>();
        if (subtopology != null) {
            for (StreamThread thread : threads.get()) {
                thread.openTasks()
                        .forEach(
                                (task, running) -> {
                                    if (task.subtopology() == subtopology.id()
                                            && (stale || running)) {
                                        found.add(new Hosted(thread, task, running));
                                    }
                                });
            }
        }
        return found;
    }

    /**
     * What a caller may read from now on.
     *
     * @param partition null: all that are here
     */
    public <T> T open(
            String storeName,
            QueryableStoreType<T> type,
            @Nullable Integer partition,
            boolean stale) {
        StateStoreProvider provider =
                globals.contains(storeName) ? new GlobalProvider() : new Provider(partition, stale);
        for (StateStoreReader reader : provider.stores(storeName)) {
            boolean fits = reader.read(type::accepts);
            if (!fits) {
                throw new InvalidStateStoreException(
                        "Cannot get state store "
                                + storeName
                                + " because the queryable store type ["
                                + type.getClass()
                                + "] does not accept the actual store type");
            }
        }
        return type.create(provider, storeName);
    }

    private final class Provider implements StateStoreProvider {
        private final @Nullable Integer partition;
        private final boolean stale;

        Provider(@Nullable Integer partition, boolean stale) {
            this.partition = partition;
            this.stale = stale;
        }

        @Override
        public List<StateStoreReader> stores(String storeName) {
            if (subtopologyOf(storeName) == null) {
                throw new UnknownStateStoreException(
                        "Cannot get state store "
                                + storeName
                                + " because no such store is registered in the topology.");
            }
            List<Hosted> hosted = tasksWith(storeName, stale);
            if (hosted.isEmpty()) {
                throw new StreamsRebalancingException(
                        "Cannot get state store "
                                + storeName
                                + " because no task that has it runs here now. It may have gone to another"
                                + " instance: ask queryMetadataForKey() where.");
            }
            List<StateStoreReader> readers = new ArrayList<>();
            for (Hosted each : hosted) {
                if (partition == null || partition == each.task.partition()) {
                    readers.add(new Reader(each, storeName));
                }
            }
            if (readers.isEmpty()) {
                throw new InvalidStateStorePartitionException(
                        "Cannot get partition "
                                + partition
                                + " of state store "
                                + storeName
                                + ": it is not here. Here are those of "
                                + hosted.stream().map(Hosted::task).toList());
            }
            return readers;
        }
    }

    /** Every instance has all partitions of a global store, in one. */
    private final class GlobalProvider implements StateStoreProvider {
        @Override
        public List<StateStoreReader> stores(String storeName) {
            GlobalThread thread = globalThread(storeName);
            return List.of(new GlobalReader(thread, storeName));
        }
    }

    /** Reads on the caller's thread, while the global thread rests. */
    private record GlobalReader(GlobalThread thread, String storeName) implements StateStoreReader {
        @Override
        public <R> R read(Function<StateStore, R> reading) {
            return thread.query(storeName, (store, position) -> reading.apply(store));
        }

        @Override
        public <R> R scan(Function<StateStore, R> reading) {
            return read(reading); // it holds nothing back between two batches
        }
    }

    /** Reads on the caller's thread. */
    private record Reader(Hosted hosted, String storeName) implements StateStoreReader {
        @Override
        public <R> R read(Function<StateStore, R> reading) {
            return hosted.thread.read(hosted.task, storeName, false, reading);
        }

        @Override
        public <R> R scan(Function<StateStore, R> reading) {
            return hosted.thread.read(hosted.task, storeName, true, reading);
        }
    }
}

package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.store.LateSerde;
import dev.millrace.streams.internal.store.SortedStore;
import dev.millrace.streams.internal.store.StoreSupplierOf;
import dev.millrace.streams.internal.task.BufferedRecord;
import dev.millrace.streams.internal.task.StreamJoinNodes;
import dev.millrace.streams.internal.task.StreamNodes;
import dev.millrace.streams.internal.task.WaitingKey;
import dev.millrace.streams.internal.task.WaitingValues;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.JoinWindows;
import dev.millrace.streams.kstream.StreamJoined;
import dev.millrace.streams.kstream.ValueJoinerWithKey;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/** Adds a join of two streams to the graph. */
final class StreamJoin<K, V1, V2> {
    private final GraphBuilder builder;
    private final StreamJoined<K, V1, V2> joined;
    private final JoinWindows windows;
    private final ValueJoinerWithKey<Object, Object, Object, Object> joiner;
    private final boolean leftOuter;
    private final boolean rightOuter;
    private boolean withItself;

    StreamJoin(
            GraphBuilder builder,
            StreamJoined<K, V1, V2> joined,
            JoinWindows windows,
            ValueJoinerWithKey<Object, Object, Object, Object> joiner,
            boolean leftOuter,
            boolean rightOuter) {
        this.builder = builder;
        this.joined = joined;
        this.windows = windows;
        this.joiner = joiner;
        this.leftOuter = leftOuter;
        this.rightOuter = rightOuter;
    }

    private String name(String suffix, String prefix) {
        String given = joined.name();
        return builder.nameOr(given == null ? null : given + suffix, prefix);
    }

    GraphNode add(
            GraphNode left,
            GraphNode right,
            @Nullable Serde<K> streamKeySerde,
            @Nullable Serde<V1> leftSerde,
            @Nullable Serde<V2> rightSerde) {
        String given = joined.name();
        String thisSuffix = rightOuter ? "-outer-this-join" : "-this-join";
        String otherSuffix = leftOuter ? "-outer-other-join" : "-other-join";
        String thisPrefix = rightOuter ? "KSTREAM-OUTERTHIS-" : "KSTREAM-JOINTHIS-";
        String otherPrefix = leftOuter ? "KSTREAM-OUTEROTHER-" : "KSTREAM-JOINOTHER-";
        String keepThisName = name("-this-windowed", "KSTREAM-WINDOWED-");
        String keepOtherName = name("-other-windowed", "KSTREAM-WINDOWED-");
        String thisGenerated = builder.newName(thisPrefix);
        String otherGenerated = builder.newName(otherPrefix);
        String thisName = given == null ? thisGenerated : given + thisSuffix;
        String otherName = given == null ? otherGenerated : given + otherSuffix;
        String mergeName = name("-merge", "KSTREAM-MERGE-");

        WindowBytesStoreSupplier thisSupplier = joined.thisStoreSupplier();
        WindowBytesStoreSupplier otherSupplier = joined.otherStoreSupplier();
        if (thisSupplier != null
                && otherSupplier != null
                && thisSupplier.name().equals(otherSupplier.name())) {
            throw new StreamsException(
                    "Both StoreSuppliers have the same name.  StoreSuppliers must provide unique names");
        }
        Serde<K> keySerde = joined.keySerde() != null ? joined.keySerde() : streamKeySerde;
        Serde<V1> thisSerde = joined.valueSerde() != null ? joined.valueSerde() : leftSerde;
        Serde<V2> otherSerde =
                joined.otherValueSerde() != null ? joined.otherValueSerde() : rightSerde;
        StoreSpec thisStore =
                store(thisSupplier, storeName(thisGenerated, thisSuffix), keySerde, thisSerde);
        StoreSpec otherStore =
                store(otherSupplier, storeName(otherGenerated, otherSuffix), keySerde, otherSerde);
        StoreSpec waiting =
                leftOuter && windows.waitsForPartner()
                        ? waiting(
                                waitingName(thisGenerated, thisPrefix),
                                suppliersOfWaiting(thisSupplier),
                                keySerde,
                                thisSerde,
                                otherSerde)
                        : null;

        GraphNode keepThis = keep(keepThisName, thisStore);
        builder.add(left, keepThis);
        GraphNode keepOther = keep(keepOtherName, otherStore);
        builder.add(right, keepOther);
        String waitingName = waiting == null ? null : waiting.name();
        StreamJoinNodes.Settings thisSide =
                settings(
                        mergeName,
                        true,
                        leftOuter,
                        windows.beforeMs,
                        windows.afterMs,
                        otherStore.name(),
                        waitingName,
                        joiner);
        StreamJoinNodes.Settings otherSide =
                settings(
                        mergeName,
                        false,
                        rightOuter,
                        windows.afterMs,
                        windows.beforeMs,
                        thisStore.name(),
                        waitingName,
                        (key, one, two) -> joiner.apply(key, two, one));
        StreamJoinNodes.Settings self =
                settings(
                        mergeName,
                        true,
                        false,
                        windows.beforeMs,
                        windows.afterMs,
                        thisStore.name(),
                        null,
                        joiner);
        GraphNode join =
                new GraphNode(
                        mergeName,
                        (parents, spec) -> {
                            spec.copartition(parents);
                            if (withItself) {
                                GraphBuilder.writeProcessor(
                                        mergeName,
                                        List.of(keepThisName),
                                        () ->
                                                new StreamJoinNodes.Self(
                                                        self,
                                                        windows.size() + windows.gracePeriodMs()),
                                        spec);
                                spec.connect(mergeName, thisStore.name());
                                return;
                            }
                            GraphBuilder.writeProcessor(
                                    thisName,
                                    List.of(keepThisName),
                                    () -> new StreamJoinNodes.Side(thisSide),
                                    spec);
                            spec.connect(thisName, otherStore.name());
                            GraphBuilder.writeProcessor(
                                    otherName,
                                    List.of(keepOtherName),
                                    () -> new StreamJoinNodes.Side(otherSide),
                                    spec);
                            spec.connect(otherName, thisStore.name());
                            if (waiting != null) {
                                spec.addStore(waiting, List.of(thisName, otherName));
                            }
                            GraphBuilder.writeProcessor(
                                    mergeName,
                                    List.of(thisName, otherName),
                                    StreamNodes.PassThrough::new,
                                    spec);
                        });
        builder.add(left, join);
        builder.add(right, join);
        if (!leftOuter && !rightOuter) {
            builder.addSelfJoin(
                    () -> {
                        if (join.parents.size() == 1) {
                            withItself = true;
                            keepOther.detach();
                        }
                    });
        }
        return join;
    }

    private StreamJoinNodes.Settings settings(
            String joinId,
            boolean isLeft,
            boolean outer,
            long beforeMs,
            long afterMs,
            String otherStore,
            @Nullable String waitingStore,
            ValueJoinerWithKey<Object, Object, Object, Object> sideJoiner) {
        return new StreamJoinNodes.Settings(
                joinId,
                isLeft,
                outer,
                beforeMs,
                afterMs,
                windows.beforeMs,
                windows.afterMs,
                windows.gracePeriodMs(),
                otherStore,
                waitingStore,
                sideJoiner);
    }

    private static GraphNode keep(String name, StoreSpec store) {
        return new GraphNode(
                name,
                (parents, spec) -> {
                    GraphBuilder.writeProcessor(
                            name, parents, () -> new StreamJoinNodes.Keep(store.name()), spec);
                    spec.addStore(store, List.of(name));
                });
    }

    private String storeName(String generated, String suffix) {
        String base = joined.storeName();
        return (base == null ? generated : base + suffix) + "-store";
    }

    private String waitingName(String thisGenerated, String thisPrefix) {
        String suffix = rightOuter ? "-outer-shared-join" : "-left-shared-join";
        String base = joined.storeName();
        WindowBytesStoreSupplier supplier = joined.thisStoreSupplier();
        if (supplier != null && !supplier.name().isEmpty()) {
            return supplier.name() + suffix + "-store";
        }
        return (base == null
                        ? "KSTREAM-OUTERSHARED-" + thisGenerated.substring(thisPrefix.length())
                        : base + suffix)
                + "-store";
    }

    private StoreSpec store(
            @Nullable WindowBytesStoreSupplier supplier,
            String name,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde) {
        long retentionMs = windows.size() + windows.gracePeriodMs();
        if (supplier != null) {
            if (!supplier.retainDuplicates()) {
                throw new StreamsException(
                        "The StoreSupplier must set retainDuplicates=true, found retainDuplicates=false");
            }
            if (supplier.retentionPeriod() != retentionMs
                    || supplier.windowSize() != windows.size()) {
                throw new StreamsException(
                        String.format(
                                "Window settings mismatch. WindowBytesStoreSupplier settings %s must match JoinWindows settings %s for the window size and retention period",
                                supplier, windows));
            }
        }
        return new StoreSpec(
                supplier == null ? name : supplier.name(),
                new StoreKind.Windows(
                        supplier,
                        joined.dslStoreSuppliers(),
                        retentionMs,
                        windows.size(),
                        true,
                        false,
                        false),
                keySerde,
                valueSerde,
                joined.loggingEnabled(),
                false,
                joined.topicConfig());
    }

    /** Where nothing says more, what waits is where the records of this side are. */
    private @Nullable DslStoreSuppliers suppliersOfWaiting(
            @Nullable WindowBytesStoreSupplier thisSupplier) {
        if (joined.dslStoreSuppliers() != null || thisSupplier == null) {
            return joined.dslStoreSuppliers();
        }
        return thisSupplier.get().persistent()
                ? BuiltInDslStoreSuppliers.ROCKS_DB
                : BuiltInDslStoreSuppliers.IN_MEMORY;
    }

    private StoreSpec waiting(
            String name,
            @Nullable DslStoreSuppliers suppliers,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> leftSerde,
            @Nullable Serde<?> rightSerde) {
        return new StoreSpec(
                name,
                new StoreKind.KeyValue(null, suppliers, false),
                LateSerde.of((keys, values) -> WaitingKey.serde(LateSerde.or(keySerde, keys))),
                LateSerde.of(
                        (keys, values) ->
                                WaitingValues.serde(
                                        LateSerde.or(leftSerde, values),
                                        LateSerde.or(rightSerde, values))),
                joined.loggingEnabled(),
                false,
                joined.topicConfig());
    }

    /** A store of records that are held back, by place. */
    static StoreSpec buffer(
            String name,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde,
            Map<String, String> logConfig) {
        return new StoreSpec(
                name,
                new StoreKind.KeyValue(null, null, false),
                Serdes.Bytes(),
                recordSerde(keySerde, valueSerde),
                true,
                false,
                logConfig);
    }

    /** A store of changes that are held back, by key, on the heap. */
    static StoreSpec heap(
            String name,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde,
            boolean logged,
            Map<String, String> logConfig) {
        KeyValueBytesStoreSupplier supplier =
                new StoreSupplierOf(name, "in-memory", SortedStore::new);
        return new StoreSpec(
                name,
                new StoreKind.KeyValue(supplier, null, false),
                keySerde,
                recordSerde(keySerde, valueSerde),
                logged,
                false,
                logConfig);
    }

    private static Serde<?> recordSerde(
            @Nullable Serde<?> keySerde, @Nullable Serde<?> valueSerde) {
        return LateSerde.of(
                (keys, values) ->
                        BufferedRecord.serde(
                                LateSerde.or(keySerde, keys), LateSerde.or(valueSerde, values)));
    }
}

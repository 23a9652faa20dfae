package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.ForeignKeyNodes;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.ValueGetter;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.TableJoined;
import dev.millrace.streams.kstream.ValueJoiner;
import dev.millrace.streams.processor.FailOnInvalidTimestamp;
import dev.millrace.streams.processor.StreamPartitioner;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/** Adds a join of two tables by a foreign key to the graph: two internal topics, six processors. */
final class ForeignKeyJoin {
    private static final String FK = "KTABLE-FK-JOIN-";
    private static final String REGISTRATION = FK + "SUBSCRIPTION-REGISTRATION-";
    private static final String RESPONSE = FK + "SUBSCRIPTION-RESPONSE-";
    private static final String PROCESSOR = FK + "SUBSCRIPTION-PROCESSOR-";
    private static final String SINK = "KTABLE-SINK-";
    private static final String SOURCE = "KTABLE-SOURCE-";

    private ForeignKeyJoin() {}

    static BiFunction<Object, Object, Object> extractor(
            @Nullable Function<?, ?> foreignKeyExtractor) {
        Function<Object, Object> erased =
                Erased.cast(
                        Objects.requireNonNull(
                                foreignKeyExtractor, "foreignKeyExtractor can't be null"));
        return (key, value) -> erased.apply(value);
    }

    static BiFunction<Object, Object, Object> extractor(
            @Nullable BiFunction<?, ?, ?> foreignKeyExtractor) {
        return Erased.cast(
                Objects.requireNonNull(foreignKeyExtractor, "foreignKeyExtractor can't be null"));
    }

    static <K, V, KO, VO, VR> KTable<K, VR> add(
            TableImpl<K, V> left,
            TableImpl<KO, VO> right,
            BiFunction<Object, Object, Object> extractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined,
            Materialized<K, VR, ?> materialized,
            boolean leftJoin) {
        ValueJoiner<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(joiner, "joiner can't be null"));
        Objects.requireNonNull(tableJoined, "tableJoined can't be null");
        Objects.requireNonNull(materialized, "materialized can't be null");
        GraphBuilder builder = left.builder();
        right.operator().sendOldValues(true);
        left.operator().sendOldValues(true);

        Names names = new Names(builder, tableJoined.name());
        // In Kafka Streams' order: generated names have numbers.
        String subscriptions = names.of("-subscription-registration", REGISTRATION) + "-topic";
        String sendName = names.of("-subscription-registration-processor", REGISTRATION);
        String sinkName = names.of("-subscription-registration-sink", SINK);
        String sourceName = names.of("-subscription-registration-source", SOURCE);
        String storeName = names.of("-subscription-store", FK + "SUBSCRIPTION-STATE-STORE-");
        String receiveName = names.of("-subscription-receive", PROCESSOR);
        String answerName = names.of("-subscription-join-foreign", PROCESSOR);
        String tellName = names.of("-foreign-join-subscription", PROCESSOR);
        String responses = names.of("-subscription-response", RESPONSE) + "-topic";
        String responseSink = names.of("-subscription-response-sink", SINK);
        String responseSource = names.of("-subscription-response-source", SOURCE);
        String resolveName =
                names.of(
                        "-subscription-response-resolver",
                        FK + "SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-");
        String resultName = names.of("-result", FK + "OUTPUT-");
        ForeignKeyNodes.Formats formats =
                new ForeignKeyNodes.Formats(
                        subscriptions,
                        responses,
                        left.keySerde(),
                        right.keySerde(),
                        left.valueSerde(),
                        right.valueSerde());
        boolean leftVersioned = left.operator().versioned();
        boolean rightVersioned = right.operator().versioned();

        GraphNode send =
                builder.addProcessor(
                        left.node(),
                        sendName,
                        () ->
                                new ForeignKeyNodes.Send(
                                        formats, extractor, leftJoin, leftVersioned));
        StreamPartitioner<KO, Void> toRight = tableJoined.otherPartitioner();
        GraphNode source =
                hop(
                        builder,
                        List.of(send),
                        subscriptions,
                        sinkName,
                        sourceName,
                        right.keySerde(),
                        toRight == null ? null : ofKeys(toRight));

        StoreSpec store =
                new StoreSpec(
                        storeName,
                        new StoreKind.KeyValue(null, null, true),
                        Serdes.Bytes(),
                        Serdes.ByteArray(),
                        true,
                        false,
                        Map.of());
        GraphNode receive =
                withStores(
                        receiveName,
                        () -> new ForeignKeyNodes.Receive(formats, storeName),
                        store,
                        null);
        builder.add(source, receive);
        ValueGetter.Factory rightRows = right.operator().getter();
        GraphNode answer =
                withStores(
                        answerName,
                        () -> new ForeignKeyNodes.Answer(formats, rightRows.get()),
                        null,
                        right.operator());
        builder.add(receive, answer);
        builder.after(right.node(), answer);
        receive.alsoWrites(spec -> spec.copartition(List.of(receiveName, right.node().name)));
        builder.after(right.node(), receive);
        GraphNode tell =
                withStores(
                        tellName,
                        () -> new ForeignKeyNodes.Tell(formats, storeName, rightVersioned),
                        store,
                        null);
        builder.add(right.node(), tell);

        StreamPartitioner<K, Void> toLeft = tableJoined.partitioner();
        GraphNode back =
                hop(
                        builder,
                        List.of(answer, tell),
                        responses,
                        responseSink,
                        responseSource,
                        left.keySerde(),
                        toLeft == null ? ForeignKeyNodes.toWhoAsked() : ofKeys(toLeft));
        ValueGetter.Factory leftRows = left.operator().getter();
        GraphNode resolve =
                withStores(
                        resolveName,
                        () ->
                                new ForeignKeyNodes.Resolve(
                                        formats, leftRows.get(), erased, leftJoin),
                        null,
                        left.operator());
        builder.add(back, resolve);
        resolve.alsoWrites(spec -> spec.copartition(List.of(resolveName, left.node().name)));

        Rows<K, VR> rows = Rows.of(materialized, builder, FK + "OUTPUT-", left.keySerde(), null);
        TableOperator operator = TableOperator.source(rows);
        GraphNode result =
                new GraphNode(
                        resultName, (parents, spec) -> operator.write(resultName, parents, spec));
        builder.add(resolve, result);
        return new TableImpl<>(
                builder, resultName, left.keySerde(), rows.valueSerde(), operator, result);
    }

    private record Names(GraphBuilder builder, @Nullable String given) {
        String of(String suffix, String prefix) {
            return builder.nameOr(given == null ? null : given + suffix, prefix);
        }
    }

    private static StreamPartitioner<Object, Object> ofKeys(StreamPartitioner<?, Void> given) {
        StreamPartitioner<Object, Object> partitioner = Erased.cast(given);
        return (topic, key, value, count) -> {
            Optional<Set<Integer>> chosen = partitioner.partitions(topic, key, null, count);
            if (chosen.isPresent() && chosen.get().size() != 1) {
                throw new IllegalArgumentException(
                        "The partitions returned by StreamPartitioner#partitions method when used for FK join should be a singleton set");
            }
            return chosen;
        };
    }

    private static GraphNode hop(
            GraphBuilder builder,
            List<GraphNode> parents,
            String topic,
            String sinkName,
            String sourceName,
            @Nullable Serde<?> keySerde,
            @Nullable StreamPartitioner<Object, Object> partitioner) {
        GraphNode sink =
                new GraphNode(
                        sinkName,
                        (parentNames, spec) -> {
                            spec.addRepartitionTopic(topic, Optional.empty());
                            spec.add(
                                    new NodeSpec.Sink(
                                            sinkName,
                                            parentNames,
                                            topic,
                                            null,
                                            keySerde == null ? null : keySerde.serializer(),
                                            Serdes.ByteArray().serializer(),
                                            partitioner,
                                            false));
                        });
        parents.forEach(parent -> builder.add(parent, sink));
        GraphNode source =
                new GraphNode(
                        sourceName,
                        (parentNames, spec) ->
                                spec.add(
                                        new NodeSpec.Source(
                                                sourceName,
                                                List.of(topic),
                                                GraphBuilder.deserializer(keySerde),
                                                Serdes.ByteArray().deserializer(),
                                                new FailOnInvalidTimestamp(),
                                                null,
                                                false)));
        builder.add(sink, source);
        return source;
    }

    private static GraphNode withStores(
            String name,
            Supplier<Node> node,
            @Nullable StoreSpec store,
            @Nullable TableOperator read) {
        return new GraphNode(
                name,
                (parents, spec) -> {
                    GraphBuilder.writeProcessor(name, parents, node, spec);
                    if (store != null) {
                        spec.addStore(store, List.of(name));
                    }
                    if (read != null) {
                        read.getterStores().forEach(each -> spec.connect(name, each));
                    }
                });
    }
}

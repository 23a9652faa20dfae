package dev.millrace.streams.internal.topology;

import dev.millrace.streams.AutoOffsetReset;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TimestampExtractor;
import dev.millrace.streams.processor.TopicNameExtractor;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** A node of a topology. Absent (de)serialisers and extractors are those of the configuration. */
public sealed interface NodeSpec {
    String name();

    List<String> parents();

    /**
     * @param topics undecorated: without the application id that internal topics begin with
     * @param pattern of the names of topics, in place of a list; null with one
     * @param changes values are (new, old) pairs as {@code ChangeFormat} draws them
     */
    record Source(
            String name,
            List<String> topics,
            @Nullable Deserializer<?> keyDeserializer,
            @Nullable Deserializer<?> valueDeserializer,
            @Nullable TimestampExtractor timestampExtractor,
            @Nullable AutoOffsetReset resetPolicy,
            boolean changes,
            @Nullable Pattern pattern)
            implements NodeSpec {
        public Source(
                String name,
                List<String> topics,
                @Nullable Deserializer<?> keyDeserializer,
                @Nullable Deserializer<?> valueDeserializer,
                @Nullable TimestampExtractor timestampExtractor,
                @Nullable AutoOffsetReset resetPolicy,
                boolean changes) {
            this(
                    name,
                    topics,
                    keyDeserializer,
                    valueDeserializer,
                    timestampExtractor,
                    resetPolicy,
                    changes,
                    null);
        }

        /** The same source, of all topics whose names match. */
        public Source matching(Pattern topicPattern) {
            return new Source(
                    name,
                    topics,
                    keyDeserializer,
                    valueDeserializer,
                    timestampExtractor,
                    resetPolicy,
                    changes,
                    topicPattern);
        }

        @Override
        public List<String> parents() {
            return List.of();
        }
    }

    /**
     * @param stores connected stores; grows while the topology is built
     */
    record Processor(String name, List<String> parents, Supplier<Node> node, Set<String> stores)
            implements NodeSpec {}

    /** Either topic or extractor is given. */
    record Sink(
            String name,
            List<String> parents,
            @Nullable String topic,
            @Nullable TopicNameExtractor<Object, Object> extractor,
            @Nullable Serializer<?> keySerializer,
            @Nullable Serializer<?> valueSerializer,
            @Nullable StreamPartitioner<Object, Object> partitioner,
            boolean changes)
            implements NodeSpec {}
}

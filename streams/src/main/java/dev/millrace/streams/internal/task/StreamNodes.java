package dev.millrace.streams.internal.task;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.ForeachAction;
import dev.millrace.streams.kstream.KeyValueMapper;
import dev.millrace.streams.kstream.Predicate;
import dev.millrace.streams.kstream.Printed;
import dev.millrace.streams.kstream.ValueMapperWithKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The stateless operators of streams. Null keys and values reach the user's functions. */
public final class StreamNodes {
    private StreamNodes() {}

    private static final String NO_PAIRS =
            "The provided KeyValueMapper returned null which is not allowed.";
    private static final String NO_VALUES =
            "The provided ValueMapper returned null which is not allowed.";

    public static final class PassThrough extends Node {
        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            forward(key, value, old, timestamp);
        }
    }

    public static final class Filter extends Node {
        private final Predicate<Object, Object> predicate;
        private final boolean wanted;

        public Filter(Predicate<Object, Object> predicate, boolean wanted) {
            this.predicate = predicate;
            this.wanted = wanted;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (predicate.test(Erased.any(key), Erased.any(value)) == wanted) {
                forward(key, value, null, timestamp);
            }
        }
    }

    public static final class SelectKey extends Node {
        private final KeyValueMapper<Object, Object, Object> mapper;

        public SelectKey(KeyValueMapper<Object, Object, Object> mapper) {
            this.mapper = mapper;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            forward(mapper.apply(Erased.any(key), Erased.any(value)), value, null, timestamp);
        }
    }

    public static final class Map extends Node {
        private final KeyValueMapper<Object, Object, KeyValue<?, ?>> mapper;

        public Map(KeyValueMapper<Object, Object, KeyValue<?, ?>> mapper) {
            this.mapper = mapper;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            KeyValue<?, ?> pair =
                    Objects.requireNonNull(
                            mapper.apply(Erased.any(key), Erased.any(value)), NO_PAIRS);
            forward(pair.key, pair.value, null, timestamp);
        }
    }

    public static final class FlatMap extends Node {
        private final KeyValueMapper<Object, Object, Iterable<KeyValue<?, ?>>> mapper;

        public FlatMap(KeyValueMapper<Object, Object, Iterable<KeyValue<?, ?>>> mapper) {
            this.mapper = mapper;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            Iterable<KeyValue<?, ?>> pairs =
                    Objects.requireNonNull(
                            mapper.apply(Erased.any(key), Erased.any(value)), NO_PAIRS);
            for (KeyValue<?, ?> pair : pairs) {
                forward(pair.key, pair.value, null, timestamp);
            }
        }
    }

    public static final class MapValues extends Node {
        private final ValueMapperWithKey<Object, Object, Object> mapper;

        public MapValues(ValueMapperWithKey<Object, Object, Object> mapper) {
            this.mapper = mapper;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            forward(key, mapper.apply(Erased.any(key), Erased.any(value)), null, timestamp);
        }
    }

    public static final class FlatMapValues extends Node {
        private final ValueMapperWithKey<Object, Object, Iterable<?>> mapper;

        public FlatMapValues(ValueMapperWithKey<Object, Object, Iterable<?>> mapper) {
            this.mapper = mapper;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            Iterable<?> values =
                    Objects.requireNonNull(
                            mapper.apply(Erased.any(key), Erased.any(value)), NO_VALUES);
            for (Object each : values) {
                forward(key, each, null, timestamp);
            }
        }
    }

    /** Also foreach, which has no children. */
    public static final class Peek extends Node {
        private final ForeachAction<Object, Object> action;

        public Peek(ForeachAction<Object, Object> action) {
            this.action = action;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            action.apply(Erased.any(key), Erased.any(value));
            forward(key, value, null, timestamp);
        }
    }

    public static final class Print extends Node {
        private final Printed<Object, Object> printed;
        private final String label;

        public Print(Printed<Object, Object> printed, String label) {
            this.printed = printed;
            this.label = label;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            KeyValueMapper<? super Object, ? super Object, String> mapper = printed.mapper();
            String text =
                    mapper == null
                            ? key + ", " + value
                            : mapper.apply(Erased.any(key), Erased.any(value));
            try {
                printed.outputStream()
                        .write(
                                ("[" + label + "]: " + text + System.lineSeparator())
                                        .getBytes(StandardCharsets.UTF_8));
                printed.outputStream().flush();
            } catch (IOException e) {
                throw new StreamsException("print cannot write", e);
            }
        }
    }
}

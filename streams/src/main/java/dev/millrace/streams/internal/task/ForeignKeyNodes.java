package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.task.ForeignKeyFormat.Instruction;
import dev.millrace.streams.internal.task.ForeignKeyFormat.Response;
import dev.millrace.streams.internal.task.ForeignKeyFormat.Subscription;
import dev.millrace.streams.kstream.ValueJoiner;
import dev.millrace.streams.processor.StreamPartitioner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A join of tables by a foreign key. A row subscribes where the row lives that its foreign key
 * names; the answers come back to where the row itself lives.
 *
 * <pre>
 * left table -> Send ~> Receive -> Answer ~> Resolve -> result
 *                  right table -> Tell   ~>
 * </pre>
 */
public final class ForeignKeyNodes {
    private ForeignKeyNodes() {}

    /**
     * Serdes of both tables; null: the configuration's.
     *
     * @param subscriptions topic of them, for the serdes
     * @param responses topic of them, for the serdes
     */
    public record Formats(
            String subscriptions,
            String responses,
            @Nullable Serde<?> key,
            @Nullable Serde<?> foreignKey,
            @Nullable Serde<?> value,
            @Nullable Serde<?> foreignValue) {
        byte[] key(TaskContext context, Object object) {
            return serde(key, context, true).serializer().serialize(pseudo(context, "-pk"), object);
        }

        Object keyOf(TaskContext context, byte[] bytes) {
            return serde(key, context, true)
                    .deserializer()
                    .deserialize(pseudo(context, "-pk"), bytes);
        }

        byte[] foreignKey(TaskContext context, Object object) {
            return serde(foreignKey, context, true)
                    .serializer()
                    .serialize(pseudo(context, "-fk"), object);
        }

        byte @Nullable [] hash(TaskContext context, @Nullable Object object) {
            return object == null
                    ? null
                    : ForeignKeyFormat.hash(
                            serde(value, context, false)
                                    .serializer()
                                    .serialize(pseudo(context, "-vh"), object));
        }

        byte @Nullable [] foreignValue(TaskContext context, @Nullable Object object) {
            return object == null
                    ? null
                    : serde(foreignValue, context, false)
                            .serializer()
                            .serialize(context.config().applicationId() + "-" + responses, object);
        }

        @Nullable Object foreignValueOf(TaskContext context, byte @Nullable [] bytes) {
            return bytes == null
                    ? null
                    : serde(foreignValue, context, false)
                            .deserializer()
                            .deserialize(context.config().applicationId() + "-" + responses, bytes);
        }

        /** Not a topic, but told apart by serdes that look schemas up by topic. */
        private String pseudo(TaskContext context, String suffix) {
            return context.config().applicationId() + "-" + subscriptions + suffix;
        }

        private static Serde<Object> serde(
                @Nullable Serde<?> given, TaskContext context, boolean key) {
            return Erased.cast(
                    given != null
                            ? given
                            : key
                                    ? context.config().defaultKeySerde()
                                    : context.config().defaultValueSerde());
        }
    }

    /** Sends answers to the partition that asked. */
    public static StreamPartitioner<Object, Object> toWhoAsked() {
        return (topic, key, value, partitions) -> {
            int partition =
                    value == null ? -1 : ForeignKeyFormat.partitionOfResponse((byte[]) value);
            return partition < 0 ? Optional.empty() : Optional.of(Set.of(partition));
        };
    }

    /** Subscribes rows of the left table, and unsubscribes those that name another one now. */
    public static final class Send extends Node {
        private final Formats formats;
        private final BiFunction<Object, Object, Object> extractor;
        private final boolean left;
        private final boolean leftVersioned;

        public Send(
                Formats formats,
                BiFunction<Object, Object, Object> extractor,
                boolean left,
                boolean leftVersioned) {
            this.formats = formats;
            this.extractor = extractor;
            this.left = left;
            this.leftVersioned = leftVersioned;
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (leftVersioned && !context.latest()) {
                context.dropped("out-of-order version");
                return;
            }
            if (key == null || (value == null && old == null)) {
                return;
            }
            Object oldForeign = old == null ? null : extractor.apply(key, old);
            Object newForeign = value == null ? null : extractor.apply(key, value);
            byte[] hash = formats.hash(context, value);
            if (left) {
                if (oldForeign != null && changed(oldForeign, newForeign)) {
                    send(key, oldForeign, Instruction.DELETE_SILENTLY, hash, timestamp);
                }
                send(key, newForeign, Instruction.TELL_ALWAYS, hash, timestamp);
                return;
            }
            if (newForeign == null) {
                if (value != null) {
                    context.dropped("null foreign key");
                }
                if (oldForeign != null) {
                    send(key, oldForeign, Instruction.DELETE_AND_TELL, hash, timestamp);
                }
                return;
            }
            if (oldForeign != null && changed(oldForeign, newForeign)) {
                send(key, oldForeign, Instruction.DELETE_SILENTLY, hash, timestamp);
                send(key, newForeign, Instruction.TELL_ALWAYS, hash, timestamp);
            } else {
                send(key, newForeign, Instruction.TELL_IF_FOUND, hash, timestamp);
            }
        }

        private boolean changed(Object one, @Nullable Object other) {
            return other == null
                    || !Arrays.equals(
                            formats.foreignKey(context, one), formats.foreignKey(context, other));
        }

        private void send(
                Object key,
                @Nullable Object foreignKey,
                Instruction instruction,
                byte @Nullable [] hash,
                long timestamp) {
            ConsumerRecord<byte[], byte[]> origin = context.origin();
            int partition = origin == null ? -1 : origin.partition();
            Subscription subscription =
                    new Subscription(instruction, partition, hash, formats.key(context, key));
            forward(foreignKey, subscription.encode(), null, timestamp);
        }
    }

    /** Keeps subscriptions. */
    public static final class Receive extends Node {
        private final Formats formats;
        private final String storeName;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private RowStore rows;

        public Receive(Formats formats, String storeName) {
            this.formats = formats;
            this.storeName = storeName;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            rows = context.rows(storeName);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (value == null) {
                return;
            }
            Subscription subscription = Subscription.decode((byte[]) value);
            if (key == null) {
                if (subscription.instruction() != Instruction.TELL_ALWAYS) {
                    context.dropped("null foreign key");
                    return;
                }
            } else {
                Bytes storeKey =
                        Bytes.wrap(
                                ForeignKeyFormat.storeKey(
                                        formats.foreignKey(context, key), subscription.key()));
                boolean deletes =
                        subscription.instruction() == Instruction.DELETE_AND_TELL
                                || subscription.instruction() == Instruction.DELETE_SILENTLY;
                rows.update(storeKey, deletes ? null : value, null, timestamp);
            }
            forward(key, value, null, timestamp);
        }
    }

    /** Answers a subscription with the row of the right table. */
    public static final class Answer extends Node {
        private final Formats formats;
        private final ValueGetter right;

        public Answer(Formats formats, ValueGetter right) {
            this.formats = formats;
            this.right = right;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            right.init(context);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            Subscription subscription = Subscription.decode((byte[]) Erased.any(value));
            Object row = key == null ? null : right.get(key);
            boolean tell =
                    switch (subscription.instruction()) {
                        case DELETE_SILENTLY -> false;
                        case DELETE_AND_TELL, TELL_ALWAYS -> true;
                        case TELL_IF_FOUND -> row != null;
                    };
            if (!tell) {
                return;
            }
            boolean deleted = subscription.instruction() == Instruction.DELETE_AND_TELL;
            Response response =
                    new Response(
                            subscription.partition(),
                            subscription.hash(),
                            deleted ? null : formats.foreignValue(context, row));
            forward(
                    formats.keyOf(context, subscription.key()),
                    response.encode(),
                    null,
                    row == null ? timestamp : Math.max(timestamp, right.timestamp()));
        }
    }

    /** Tells all subscribers of a row of the right table that it has changed. */
    public static final class Tell extends Node {
        private final Formats formats;
        private final String storeName;
        private final boolean rightVersioned;

        @SuppressWarnings("NullAway.Init") // set by init, before the first record
        private RowStore rows;

        public Tell(Formats formats, String storeName, boolean rightVersioned) {
            this.formats = formats;
            this.storeName = storeName;
            this.rightVersioned = rightVersioned;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            rows = context.rows(storeName);
        }

        @SuppressWarnings("ArrayRecordComponent") // bytes on their way, never compared
        private record Subscriber(byte[] key, Subscription subscription) {}

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null || (rightVersioned && !context.latest())) {
                context.dropped(key == null ? "null key" : "out-of-order version");
                return;
            }
            byte[] row = formats.foreignValue(context, value);
            List<Subscriber> subscribers = new ArrayList<>();
            rows.forEachWithPrefix(
                    ForeignKeyFormat.prefix(formats.foreignKey(context, key)),
                    (storeKey, subscription, at) ->
                            subscribers.add(
                                    new Subscriber(
                                            ForeignKeyFormat.keyOfStoreKey(
                                                    ((Bytes) storeKey).get()),
                                            Subscription.decode((byte[]) subscription))));
            for (Subscriber each : subscribers) {
                Response response =
                        new Response(
                                each.subscription().partition(), each.subscription().hash(), row);
                forward(formats.keyOf(context, each.key()), response.encode(), null, timestamp);
            }
        }
    }

    /** Joins an answer with the row that asked, if the row is still the same. */
    public static final class Resolve extends Node {
        private final Formats formats;
        private final ValueGetter rows;
        private final ValueJoiner<Object, Object, Object> joiner;
        private final boolean left;

        public Resolve(
                Formats formats,
                ValueGetter rows,
                ValueJoiner<Object, Object, Object> joiner,
                boolean left) {
            this.formats = formats;
            this.rows = rows;
            this.joiner = joiner;
            this.left = left;
        }

        @Override
        void init(TaskContext context) {
            super.init(context);
            rows.init(context);
        }

        @Override
        void process(
                @Nullable Object key,
                @Nullable Object value,
                @Nullable Object old,
                long timestamp) {
            if (key == null || value == null) {
                return;
            }
            Response response = Response.decode((byte[]) value);
            Object row = rows.get(key);
            if (!Arrays.equals(response.hash(), formats.hash(context, row))) {
                context.dropped("stale answer");
                return;
            }
            Object foreign = formats.foreignValueOf(context, response.value());
            boolean joins = foreign != null || (left && row != null);
            Object joined = joins ? joiner.apply(Erased.any(row), Erased.any(foreign)) : null;
            forward(key, joined, null, timestamp);
        }
    }
}

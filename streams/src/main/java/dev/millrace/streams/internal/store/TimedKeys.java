package dev.millrace.streams.internal.store;

import dev.millrace.streams.kstream.Window;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.internals.SessionWindow;
import dev.millrace.streams.kstream.internals.TimeWindow;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Keys with their times behind them, as {@link TimedStore} draws them. */
public enum TimedKeys {
    WINDOWS(12),
    SESSIONS(16);

    private final int suffixBytes;

    TimedKeys(int suffixBytes) {
        this.suffixBytes = suffixBytes;
    }

    int suffixBytes() {
        return suffixBytes;
    }

    static byte[] window(byte[] key, long start, int number) {
        return ByteBuffer.allocate(key.length + 12).put(key).putLong(start).putInt(number).array();
    }

    static byte[] session(byte[] key, long start, long end) {
        return ByteBuffer.allocate(key.length + 16).put(key).putLong(end).putLong(start).array();
    }

    /** The time that counts for retention. */
    long timeOf(byte[] timedKey) {
        return longAt(timedKey, timedKey.length - suffixBytes);
    }

    long sessionStartOf(byte[] timedKey) {
        return longAt(timedKey, timedKey.length - 8);
    }

    byte[] keyOf(byte[] timedKey) {
        return Arrays.copyOf(timedKey, timedKey.length - suffixBytes);
    }

    private static long longAt(byte[] bytes, int position) {
        return ByteBuffer.wrap(bytes).getLong(position);
    }

    /** The least timed key of a key at a time. */
    Bytes lowest(byte[] key, long time) {
        return Bytes.wrap(
                this == WINDOWS ? window(key, time, 0) : session(key, 0, Math.max(0, time)));
    }

    /** The greatest timed key of a key at a time. */
    Bytes highest(byte[] key, long time) {
        return Bytes.wrap(
                this == WINDOWS
                        ? window(key, time, Integer.MAX_VALUE)
                        : session(key, Long.MAX_VALUE, time));
    }

    /** Behind all timed keys of a key. */
    Bytes behind(byte[] key) {
        byte[] bound = Arrays.copyOf(key, key.length + suffixBytes);
        Arrays.fill(bound, key.length, bound.length, (byte) 0xff);
        return Bytes.wrap(bound);
    }

    /**
     * Serde of windowed keys within a store.
     *
     * @param windowSizeMs of windows: their keys say only where they begin
     * @param numbered every serialisation of a window's key gives another one
     */
    Serde<Windowed<Object>> serde(Serde<Object> inner, long windowSizeMs, boolean numbered) {
        return new TimedSerde(this, inner, windowSizeMs, numbered);
    }

    /** The bytes with which the bytes of a windowed key begin; null: unknown to the serializer. */
    static byte @Nullable [] baseBytes(Serializer<?> serializer, String topic, Object key) {
        return serializer instanceof TimedSerde timed ? timed.baseBytes(topic, key) : null;
    }

    private static final class TimedSerde
            implements Serde<Windowed<Object>>,
                    Serializer<Windowed<Object>>,
                    Deserializer<Windowed<Object>> {
        private final TimedKeys kind;
        private final Serde<Object> inner;
        private final long windowSizeMs;
        private final boolean numbered;

        /** Two runs of a program rarely give the same number to records of the same time. */
        private int number = (int) (System.currentTimeMillis() / 1000);

        TimedSerde(TimedKeys kind, Serde<Object> inner, long windowSizeMs, boolean numbered) {
            this.kind = kind;
            this.inner = inner;
            this.windowSizeMs = windowSizeMs;
            this.numbered = numbered;
        }

        /** The bytes with which those of a windowed key begin. */
        byte[] baseBytes(String topic, Object key) {
            return inner.serializer().serialize(topic, key);
        }

        @Override
        public Serializer<Windowed<Object>> serializer() {
            return this;
        }

        @Override
        public Deserializer<Windowed<Object>> deserializer() {
            return this;
        }

        @Override
        public byte[] serialize(String topic, Windowed<Object> data) {
            byte[] key = inner.serializer().serialize(topic, data.key());
            Window window = data.window();
            if (kind == SESSIONS) {
                return session(key, window.start(), window.end());
            }
            if (numbered) {
                number = (number + 1) & Integer.MAX_VALUE;
            }
            return window(key, window.start(), numbered ? number : 0);
        }

        @Override
        public Windowed<Object> deserialize(String topic, byte[] data) {
            Object key = inner.deserializer().deserialize(topic, kind.keyOf(data));
            if (kind == SESSIONS) {
                return new Windowed<>(
                        key, new SessionWindow(kind.sessionStartOf(data), kind.timeOf(data)));
            }
            long start = kind.timeOf(data);
            long end = start + windowSizeMs;
            return new Windowed<>(key, new TimeWindow(start, end <= start ? Long.MAX_VALUE : end));
        }

        @Override
        public void configure(java.util.Map<String, ?> configs, boolean isKey) {}

        @Override
        public void close() {}
    }
}

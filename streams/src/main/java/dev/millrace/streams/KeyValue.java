package dev.millrace.streams;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A key and a value. */
public final class KeyValue<K, V> {
    public final K key;
    public final V value;

    @SuppressWarnings(
            "NullAway") // keys and values may be null; the fields are not annotated for ease of use
    public KeyValue(@Nullable K key, @Nullable V value) {
        this.key = key;
        this.value = value;
    }

    public static <K, V> KeyValue<K, V> pair(@Nullable K key, @Nullable V value) {
        return new KeyValue<>(key, value);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyValue<?, ?> that
                && Objects.equals(key, that.key)
                && Objects.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, value);
    }

    @Override
    public String toString() {
        return "KeyValue(" + key + ", " + value + ")";
    }
}

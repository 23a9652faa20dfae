package dev.millrace.streams.kstream;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A key within a window: what rows of windowed tables are found by. */
public class Windowed<K> {
    private final K key;
    private final Window window;

    public Windowed(K key, Window window) {
        this.key = key;
        this.window = window;
    }

    public K key() {
        return key;
    }

    public Window window() {
        return window;
    }

    @Override
    public String toString() {
        return "[" + key + "@" + window.start() + "/" + window.end() + "]";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Windowed<?> that
                && window.equals(that.window)
                && Objects.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return 31 * Objects.hashCode(window) + Objects.hashCode(key);
    }
}

package dev.millrace.streams.kstream;

import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** Reads what {@link TimeWindowedSerializer} writes. */
public class TimeWindowedDeserializer<T> implements Deserializer<Windowed<T>> {
    /** Milliseconds: the format has no end of a window. */
    public static final String WINDOW_SIZE_MS_CONFIG = "window.size.ms";

    /** Serde of the key, for deserializers that are made by their class name. */
    public static final String WINDOWED_INNER_DESERIALIZER_CLASS =
            "windowed.inner.deserializer.class";

    private @Nullable Deserializer<T> inner;
    private @Nullable Long windowSize;
    private boolean changelogTopic;

    public TimeWindowedDeserializer() {}

    public TimeWindowedDeserializer(Deserializer<T> inner, @Nullable Long windowSize) {
        this.inner = inner;
        this.windowSize = windowSize;
    }

    /** Milliseconds. */
    public @Nullable Long getWindowSize() {
        return windowSize;
    }

    /** Keys of changelogs have a number of four bytes behind them. */
    public void setIsChangelogTopic(boolean isChangelogTopic) {
        changelogTopic = isChangelogTopic;
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        windowSize = InnerClass.windowSize(configs, windowSize, WINDOW_SIZE_MS_CONFIG);
        inner = InnerClass.deserializer(configs, isKey, WINDOWED_INNER_DESERIALIZER_CLASS, inner);
    }

    @Override
    public @Nullable Windowed<T> deserialize(String topic, byte @Nullable [] data) {
        innerDeserializer();
        if (data == null || data.length == 0) {
            return null;
        }
        T key =
                innerDeserializer()
                        .deserialize(topic, WindowKeyFormat.timeKey(data, changelogTopic));
        return new Windowed<>(key, WindowKeyFormat.timeWindow(data, changelogTopic, size()));
    }

    @Override
    public @Nullable Windowed<T> deserialize(
            String topic, Headers headers, byte @Nullable [] data) {
        innerDeserializer();
        if (data == null || data.length == 0) {
            return null;
        }
        T key =
                innerDeserializer()
                        .deserialize(topic, headers, WindowKeyFormat.timeKey(data, changelogTopic));
        return new Windowed<>(key, WindowKeyFormat.timeWindow(data, changelogTopic, size()));
    }

    private long size() {
        return windowSize == null ? Long.MAX_VALUE : windowSize;
    }

    Deserializer<T> innerDeserializer() {
        if (inner == null) {
            throw new NullPointerException(
                    "Inner deserializer is `null`. User code must use constructor `TimeWindowedDeserializer(final Deserializer<T> inner)` instead of the no-arg constructor.");
        }
        return inner;
    }

    @Override
    public void close() {
        if (inner != null) {
            inner.close();
        }
    }
}

package dev.millrace.streams.kstream;

import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** Reads what {@link SessionWindowedSerializer} writes. */
public class SessionWindowedDeserializer<T> implements Deserializer<Windowed<T>> {
    /** Serde of the key, for deserializers that are made by their class name. */
    public static final String WINDOWED_INNER_DESERIALIZER_CLASS =
            "windowed.inner.deserializer.class";

    private @Nullable Deserializer<T> inner;

    public SessionWindowedDeserializer() {}

    public SessionWindowedDeserializer(Deserializer<T> inner) {
        this.inner = inner;
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        inner = InnerClass.deserializer(configs, isKey, WINDOWED_INNER_DESERIALIZER_CLASS, inner);
    }

    @Override
    public @Nullable Windowed<T> deserialize(String topic, byte @Nullable [] data) {
        innerDeserializer();
        if (data == null || data.length == 0) {
            return null;
        }
        T key = innerDeserializer().deserialize(topic, WindowKeyFormat.sessionKey(data));
        return new Windowed<>(key, WindowKeyFormat.sessionWindow(data));
    }

    @Override
    public @Nullable Windowed<T> deserialize(
            String topic, Headers headers, byte @Nullable [] data) {
        innerDeserializer();
        if (data == null || data.length == 0) {
            return null;
        }
        T key = innerDeserializer().deserialize(topic, headers, WindowKeyFormat.sessionKey(data));
        return new Windowed<>(key, WindowKeyFormat.sessionWindow(data));
    }

    Deserializer<T> innerDeserializer() {
        if (inner == null) {
            throw new NullPointerException(
                    "Inner deserializer is `null`. User code must use constructor `SessionWindowedDeserializer(final Deserializer<T> inner)` instead of the no-arg constructor.");
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

package dev.millrace.streams.kstream;

import dev.millrace.streams.internal.Erased;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Serdes of keys within windows, by class name, for serdes that consumers and tools make. */
final class InnerClass {
    /** The name of the setting before Kafka 4.1. */
    private static final String OLD_NAME = "windowed.inner.class.serde";

    private InnerClass() {}

    static <T> @Nullable Serializer<T> serializer(
            Map<String, ?> configs,
            boolean isKey,
            String setting,
            @Nullable Serializer<T> present) {
        Serde<T> serde = serde(configs, setting, present == null ? null : present.getClass(), true);
        if (present != null) {
            return present;
        }
        Serializer<T> made = serde == null ? null : serde.serializer();
        if (made != null) {
            made.configure(configs, isKey);
        }
        return made;
    }

    static <T> @Nullable Deserializer<T> deserializer(
            Map<String, ?> configs,
            boolean isKey,
            String setting,
            @Nullable Deserializer<T> present) {
        Serde<T> serde =
                serde(configs, setting, present == null ? null : present.getClass(), false);
        if (present != null) {
            return present;
        }
        Deserializer<T> made = serde == null ? null : serde.deserializer();
        if (made != null) {
            made.configure(configs, isKey);
        }
        return made;
    }

    private static <T> @Nullable Serde<T> serde(
            Map<String, ?> configs,
            String setting,
            @Nullable Class<?> present,
            boolean serializer) {
        Object given = configs.get(setting);
        if (given == null) {
            given = configs.get(OLD_NAME);
        }
        if (given == null) {
            if (present == null) {
                throw new IllegalArgumentException(
                        "Inner class "
                                + (serializer ? "serializer" : "deserializer")
                                + " should be set either via constructor or via the "
                                + setting
                                + " config");
            }
            return null;
        }
        Serde<T> serde;
        try {
            Class<?> type =
                    given instanceof Class<?> loaded
                            ? loaded
                            : Class.forName(
                                    String.valueOf(given),
                                    true,
                                    Thread.currentThread().getContextClassLoader());
            serde = Erased.cast(type.getDeclaredConstructor().newInstance());
        } catch (ReflectiveOperationException | ClassCastException e) {
            ConfigException refused =
                    new ConfigException(
                            setting, given, "Serde class " + given + " could not be found.");
            refused.initCause(e);
            throw refused;
        }
        Class<?> made =
                serializer ? serde.serializer().getClass() : serde.deserializer().getClass();
        if (present != null && present != made) {
            throw new IllegalArgumentException(
                    "Inner class "
                            + (serializer ? "serializer" : "deserializer")
                            + " set using constructor ("
                            + present.getName()
                            + ") is different from the one set in "
                            + setting
                            + " config ("
                            + made.getName()
                            + ").");
        }
        return serde;
    }

    static Long windowSize(Map<String, ?> configs, @Nullable Long present, String setting) {
        Object given = configs.get(setting);
        Long configured =
                given == null
                        ? null
                        : given instanceof Number number
                                ? Long.valueOf(number.longValue())
                                : Long.valueOf(given.toString());
        if (present != null && configured != null) {
            throw new IllegalArgumentException(
                    "Window size should not be set in both the time windowed deserializer constructor and the "
                            + setting
                            + " config");
        }
        Long size = present != null ? present : configured;
        if (size == null) {
            throw new IllegalArgumentException(
                    "Window size needs to be set either through the time windowed deserializer constructor or the "
                            + setting
                            + " config but not both");
        }
        return size;
    }
}

package org.apache.kafka.test;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.state.KeyValueIterator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.Serde;

/** The part of Kafka Streams' own test utilities that needs no internals. */
public final class StreamsTestUtils {
    private StreamsTestUtils() {}

    public static Properties getStreamsConfig(
            String applicationId,
            String bootstrapServers,
            String keySerdeClassName,
            String valueSerdeClassName,
            Properties additional) {
        Properties properties = getStreamsConfig(applicationId, bootstrapServers, new Properties());
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, keySerdeClassName);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, valueSerdeClassName);
        properties.putAll(additional);
        return properties;
    }

    public static Properties getStreamsConfig(
            String applicationId, String bootstrapServers, Properties additional) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, TestUtils.tempDirectory().getPath());
        properties.putAll(additional);
        return properties;
    }

    public static Properties getStreamsConfig(Serde<?> keySerde, Serde<?> valueSerde) {
        return getStreamsConfig(
                UUID.randomUUID().toString(),
                "localhost:9091",
                keySerde.getClass().getName(),
                valueSerde.getClass().getName(),
                new Properties());
    }

    public static Properties getStreamsConfig(String applicationId) {
        return getStreamsConfig(applicationId, new Properties());
    }

    public static Properties getStreamsConfig(String applicationId, Properties additional) {
        return getStreamsConfig(applicationId, "localhost:9091", additional);
    }

    public static Properties getStreamsConfig() {
        return getStreamsConfig(UUID.randomUUID().toString());
    }

    public static Metric getMetricByName(
            Map<MetricName, ? extends Metric> metrics, String name, String group) {
        List<? extends Metric> found =
                metrics.entrySet().stream()
                        .filter(each -> each.getKey().name().equals(name))
                        .filter(each -> each.getKey().group().equals(group))
                        .map(Map.Entry::getValue)
                        .toList();
        if (found.size() != 1) {
            throw new IllegalStateException(found.size() + " metrics " + name + " in " + group);
        }
        return found.get(0);
    }

    public static <K, V> Set<V> valuesToSetAndCloseIterator(KeyValueIterator<K, V> iterator) {
        try (iterator) {
            return valuesToSet(iterator);
        }
    }

    public static <K, V> List<KeyValue<K, V>> toListAndCloseIterator(
            KeyValueIterator<K, V> iterator) {
        try (iterator) {
            List<KeyValue<K, V>> entries = new ArrayList<>();
            iterator.forEachRemaining(entries::add);
            return entries;
        }
    }

    public static <K, V> Set<KeyValue<K, V>> toSet(Iterator<KeyValue<K, V>> iterator) {
        Set<KeyValue<K, V>> entries = new LinkedHashSet<>();
        iterator.forEachRemaining(entries::add);
        return entries;
    }

    public static <K, V> Set<V> valuesToSet(KeyValueIterator<K, V> iterator) {
        Set<V> values = new LinkedHashSet<>();
        iterator.forEachRemaining(entry -> values.add(entry.value));
        return values;
    }

    /** Whether a supplier is only asked if it makes a new object every time. */
    public static boolean isCheckSupplierCall() {
        return StackWalker.getInstance()
                .walk(
                        frames ->
                                frames.anyMatch(
                                        frame -> frame.getMethodName().equals("requireNew")));
    }
}

package dev.millrace.streams.kstream;

import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** How two streams are joined: serdes, stores of their windows, changelogs. Immutable. */
public class StreamJoined<K, V1, V2> implements NamedOperation<StreamJoined<K, V1, V2>> {
    protected final @Nullable Serde<K> keySerde;
    protected final @Nullable Serde<V1> valueSerde;
    protected final @Nullable Serde<V2> otherValueSerde;
    protected final @Nullable WindowBytesStoreSupplier thisStoreSupplier;
    protected final @Nullable WindowBytesStoreSupplier otherStoreSupplier;
    protected final @Nullable String name;
    protected final @Nullable String storeName;
    protected final boolean loggingEnabled;
    protected final Map<String, String> topicConfig;
    protected final @Nullable DslStoreSuppliers dslStoreSuppliers;

    private StreamJoined(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V1> valueSerde,
            @Nullable Serde<V2> otherValueSerde,
            @Nullable DslStoreSuppliers dslStoreSuppliers,
            @Nullable WindowBytesStoreSupplier thisStoreSupplier,
            @Nullable WindowBytesStoreSupplier otherStoreSupplier,
            @Nullable String name,
            @Nullable String storeName,
            boolean loggingEnabled,
            Map<String, String> topicConfig) {
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.otherValueSerde = otherValueSerde;
        this.dslStoreSuppliers = dslStoreSuppliers;
        this.thisStoreSupplier = thisStoreSupplier;
        this.otherStoreSupplier = otherStoreSupplier;
        this.name = name == null ? null : Named.validate(name);
        this.storeName = storeName;
        this.loggingEnabled = loggingEnabled;
        this.topicConfig = Map.copyOf(topicConfig);
    }

    protected StreamJoined(StreamJoined<K, V1, V2> other) {
        this(
                other.keySerde,
                other.valueSerde,
                other.otherValueSerde,
                other.dslStoreSuppliers,
                other.thisStoreSupplier,
                other.otherStoreSupplier,
                other.name,
                other.storeName,
                other.loggingEnabled,
                other.topicConfig);
    }

    private static <K, V1, V2> StreamJoined<K, V1, V2> empty() {
        return new StreamJoined<>(null, null, null, null, null, null, null, null, true, Map.of());
    }

    public static <K, V1, V2> StreamJoined<K, V1, V2> with(
            @Nullable WindowBytesStoreSupplier storeSupplier,
            @Nullable WindowBytesStoreSupplier otherStoreSupplier) {
        StreamJoined<K, V1, V2> empty = empty();
        return empty.withThisStoreSupplier(storeSupplier)
                .withOtherStoreSupplier(otherStoreSupplier);
    }

    public static <K, V1, V2> StreamJoined<K, V1, V2> with(
            @Nullable DslStoreSuppliers storeSuppliers) {
        StreamJoined<K, V1, V2> empty = empty();
        return empty.withDslStoreSuppliers(storeSuppliers);
    }

    public static <K, V1, V2> StreamJoined<K, V1, V2> with(
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V1> valueSerde,
            @Nullable Serde<V2> otherValueSerde) {
        StreamJoined<K, V1, V2> empty = empty();
        return empty.withKeySerde(keySerde)
                .withValueSerde(valueSerde)
                .withOtherValueSerde(otherValueSerde);
    }

    /** The name of the stores: their changelogs are named after it. */
    public static <K, V1, V2> StreamJoined<K, V1, V2> as(String storeName) {
        StreamJoined<K, V1, V2> empty = empty();
        return empty.withStoreName(storeName);
    }

    @Override
    public StreamJoined<K, V1, V2> withName(String name) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withStoreName(String storeName) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withKeySerde(@Nullable Serde<K> keySerde) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withValueSerde(@Nullable Serde<V1> valueSerde) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withOtherValueSerde(@Nullable Serde<V2> otherValueSerde) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withDslStoreSuppliers(
            @Nullable DslStoreSuppliers dslStoreSuppliers) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withThisStoreSupplier(
            @Nullable WindowBytesStoreSupplier thisStoreSupplier) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    public StreamJoined<K, V1, V2> withOtherStoreSupplier(
            @Nullable WindowBytesStoreSupplier otherStoreSupplier) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                loggingEnabled,
                topicConfig);
    }

    /**
     * @param config of the changelog topics
     */
    public StreamJoined<K, V1, V2> withLoggingEnabled(Map<String, String> config) {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                true,
                config);
    }

    public StreamJoined<K, V1, V2> withLoggingDisabled() {
        return new StreamJoined<>(
                keySerde,
                valueSerde,
                otherValueSerde,
                dslStoreSuppliers,
                thisStoreSupplier,
                otherStoreSupplier,
                name,
                storeName,
                false,
                Map.of());
    }

    public @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    public @Nullable Serde<V1> valueSerde() {
        return valueSerde;
    }

    public @Nullable Serde<V2> otherValueSerde() {
        return otherValueSerde;
    }

    public @Nullable WindowBytesStoreSupplier thisStoreSupplier() {
        return thisStoreSupplier;
    }

    public @Nullable WindowBytesStoreSupplier otherStoreSupplier() {
        return otherStoreSupplier;
    }

    public @Nullable DslStoreSuppliers dslStoreSuppliers() {
        return dslStoreSuppliers;
    }

    public @Nullable String name() {
        return name;
    }

    public @Nullable String storeName() {
        return storeName;
    }

    public boolean loggingEnabled() {
        return loggingEnabled;
    }

    public Map<String, String> topicConfig() {
        return topicConfig;
    }

    @Override
    public String toString() {
        return "StreamJoin{keySerde="
                + keySerde
                + ", valueSerde="
                + valueSerde
                + ", otherValueSerde="
                + otherValueSerde
                + ", thisStoreSupplier="
                + thisStoreSupplier
                + ", otherStoreSupplier="
                + otherStoreSupplier
                + ", name='"
                + name
                + "', storeName='"
                + storeName
                + "', loggingEnabled="
                + loggingEnabled
                + ", topicConfig="
                + topicConfig
                + '}';
    }
}

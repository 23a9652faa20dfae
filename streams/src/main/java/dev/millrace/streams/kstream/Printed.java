package dev.millrace.streams.kstream;

import dev.millrace.streams.errors.TopologyException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where and how {@link KStream#print} writes. Immutable. */
public class Printed<K, V> {
    private final OutputStream outputStream;
    private final @Nullable String label;
    private final @Nullable KeyValueMapper<? super K, ? super V, String> mapper;
    private final @Nullable String name;

    private Printed(
            OutputStream outputStream,
            @Nullable String label,
            @Nullable KeyValueMapper<? super K, ? super V, String> mapper,
            @Nullable String name) {
        this.outputStream = outputStream;
        this.label = label;
        this.mapper = mapper;
        this.name = name;
    }

    public static <K, V> Printed<K, V> toFile(String filePath) {
        Objects.requireNonNull(filePath, "filePath can't be null");
        if (filePath.isBlank()) {
            throw new TopologyException("filePath can't be an empty string");
        }
        try {
            return new Printed<>(new FileOutputStream(filePath), null, null, null);
        } catch (IOException e) {
            throw new TopologyException("Unable to write stream to file at [" + filePath + "]", e);
        }
    }

    public static <K, V> Printed<K, V> toSysOut() {
        return new Printed<>(System.out, null, null, null);
    }

    public Printed<K, V> withLabel(String label) {
        Objects.requireNonNull(label, "label can't be null");
        return new Printed<>(outputStream, label, mapper, name);
    }

    public Printed<K, V> withKeyValueMapper(KeyValueMapper<? super K, ? super V, String> mapper) {
        Objects.requireNonNull(mapper, "mapper can't be null");
        return new Printed<>(outputStream, label, mapper, name);
    }

    public Printed<K, V> withName(String name) {
        return new Printed<>(outputStream, label, mapper, Named.validate(name));
    }

    public OutputStream outputStream() {
        return outputStream;
    }

    public @Nullable String label() {
        return label;
    }

    public @Nullable KeyValueMapper<? super K, ? super V, String> mapper() {
        return mapper;
    }

    public @Nullable String name() {
        return name;
    }
}

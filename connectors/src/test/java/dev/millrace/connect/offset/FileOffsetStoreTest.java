package dev.millrace.connect.offset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileOffsetStoreTest {
    @TempDir Path directory;

    @Test
    void what_was_saved_is_there_after_a_restart() {
        Path file = directory.resolve("offsets");
        ConnectorOffsets offsets = new ConnectorOffsets(new FileOffsetStore(file), "c");
        offsets.save(Map.of(Map.of("filename", "a"), Map.of("position", 7L)));
        offsets.save(Map.of(Map.of("filename", "b"), Map.of("position", 9L)));

        ConnectorOffsets again = new ConnectorOffsets(new FileOffsetStore(file), "c");
        assertThat(again.offset(Map.of("filename", "a"))).isEqualTo(Map.of("position", 7L));
        assertThat(again.all()).hasSize(2);
        assertThat(new ConnectorOffsets(new FileOffsetStore(file), "other").all()).isEmpty();
    }

    @Test
    void a_null_offset_forgets_the_partition() {
        ConnectorOffsets offsets =
                new ConnectorOffsets(new FileOffsetStore(directory.resolve("offsets")), "c");
        Map<String, String> partition = Map.of("filename", "a");
        offsets.save(Map.of(partition, Map.of("position", 7L)));
        Map<Map<String, ?>, @Nullable Map<String, ?>> forget = new HashMap<>();
        forget.put(partition, null);

        offsets.save(forget);

        assertThat(offsets.offset(partition)).isNull();
    }

    @Test
    void the_file_is_the_one_that_kafka_writes() throws Exception {
        Path file = directory.resolve("kafka");
        HashMap<Object, Object> raw = new HashMap<>();
        raw.put(
                "[\"c\",{\"filename\":\"a\"}]".getBytes(StandardCharsets.UTF_8),
                "{\"position\":12}".getBytes(StandardCharsets.UTF_8));
        write(file, raw);

        FileOffsetStore store = new FileOffsetStore(file);
        assertThat(new ConnectorOffsets(store, "c").offset(Map.of("filename", "a")))
                .isEqualTo(Map.of("position", 12L));

        store.put(Map.of(ByteBuffer.wrap(new byte[] {1}), ByteBuffer.wrap(new byte[] {2})));
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(file))) {
            Object read = in.readObject();
            assertThat(read).isExactlyInstanceOf(HashMap.class);
            Map<?, ?> map = (Map<?, ?>) read;
            assertThat(map).hasSize(2);
            assertThat(map.keySet()).allMatch(byte[].class::isInstance);
        }
    }

    @Test
    void classes_that_do_not_belong_there_are_not_loaded() throws Exception {
        Path file = directory.resolve("hostile");
        HashMap<Object, Object> hostile = new LinkedHashMap<>();
        hostile.put(new java.io.File("x"), new byte[0]);
        write(file, new HashMap<>(hostile));

        assertThatThrownBy(() -> new FileOffsetStore(file))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("is not a file of source offsets")
                .hasMessageContaining("REJECTED");
    }

    @Test
    void an_empty_or_cut_off_file_counts_as_no_offsets_and_nonsense_is_refused() throws Exception {
        Path empty = Files.createFile(directory.resolve("empty"));
        assertThat(new FileOffsetStore(empty).all()).isEmpty();

        Path whole = directory.resolve("whole");
        new ConnectorOffsets(new FileOffsetStore(whole), "c")
                .save(Map.of(Map.of("filename", "a"), Map.of("position", 7L)));
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = directory.resolve("cut");
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 5));
        assertThat(new FileOffsetStore(cut).all()).isEmpty();

        Path nonsense = directory.resolve("nonsense");
        Files.writeString(nonsense, "this is a text file");
        assertThatThrownBy(() -> new FileOffsetStore(nonsense))
                .hasMessageContaining("name another file, or remove it");
    }

    @Test
    void offsets_must_be_flat() {
        ConnectorOffsets offsets =
                new ConnectorOffsets(new FileOffsetStore(directory.resolve("offsets")), "c");
        assertThatThrownBy(() -> offsets.save(Map.of(Map.of("a", "b"), Map.of("list", List.of(1)))))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("list");
    }

    private static void write(Path file, Object content) throws IOException {
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
            out.writeObject(content);
        }
    }
}

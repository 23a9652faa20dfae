package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every store of bytes does, in memory or on disk. */
class StoreConformanceTest {
    private static final int STEPS = 3000;

    @TempDir Path directory;

    static Stream<Function<String, LocalStore>> kinds() {
        return Stream.of(InMemoryStore::new, RocksDbStore::new, RocksDbStore::buffered);
    }

    private LocalStore open(Function<String, LocalStore> kind) {
        LocalStore store = kind.apply("store");
        store.open(directory);
        return store;
    }

    private static Bytes key(String text) {
        return Bytes.wrap(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> drain(KeyValueIterator<Bytes, byte[]> iterator) {
        List<String> entries = new ArrayList<>();
        try (iterator) {
            while (iterator.hasNext()) {
                Bytes peeked = iterator.peekNextKey();
                KeyValue<Bytes, byte[]> entry = iterator.next();
                assertThat(peeked).isEqualTo(entry.key);
                entries.add(
                        new String(entry.key.get(), StandardCharsets.UTF_8)
                                + "="
                                + new String(entry.value, StandardCharsets.UTF_8));
            }
        }
        return entries;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void gets_what_was_put_last_and_nothing_after_a_delete(Function<String, LocalStore> kind) {
        LocalStore store = open(kind);

        assertThat(store.get(key("a"))).isNull();
        store.put(key("a"), bytes("1"));
        store.put(key("a"), bytes("2"));
        assertThat(store.get(key("a"))).isEqualTo(bytes("2"));
        assertThat(store.delete(key("a"))).isEqualTo(bytes("2"));
        assertThat(store.get(key("a"))).isNull();
        store.put(key("b"), bytes("1"));
        store.put(key("b"), null);
        assertThat(store.get(key("b"))).isNull();
        assertThat(store.delete(key("b"))).isNull();
        store.close();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void puts_if_absent_once(Function<String, LocalStore> kind) {
        LocalStore store = open(kind);

        assertThat(store.putIfAbsent(key("a"), bytes("1"))).isNull();
        assertThat(store.putIfAbsent(key("a"), bytes("2"))).isEqualTo(bytes("1"));
        assertThat(store.get(key("a"))).isEqualTo(bytes("1"));
        store.close();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void iterates_in_the_order_of_unsigned_bytes_both_ends_included(
            Function<String, LocalStore> kind) {
        LocalStore store = open(kind);
        for (String each : List.of("b", "ab", "a", "ä", "c")) {
            store.put(key(each), bytes(each));
        }

        assertThat(drain(store.all())).containsExactly("a=a", "ab=ab", "b=b", "c=c", "ä=ä");
        assertThat(drain(store.reverseAll())).containsExactly("ä=ä", "c=c", "b=b", "ab=ab", "a=a");
        assertThat(drain(store.range(key("ab"), key("c")))).containsExactly("ab=ab", "b=b", "c=c");
        assertThat(drain(store.reverseRange(key("aa"), key("bb")))).containsExactly("b=b", "ab=ab");
        assertThat(drain(store.range(null, key("aa")))).containsExactly("a=a");
        assertThat(drain(store.range(key("c"), null))).containsExactly("c=c", "ä=ä");
        assertThat(drain(store.range(key("x"), key("a")))).isEmpty();
        try (KeyValueIterator<Bytes, byte[]> empty = store.range(key("x"), key("y"))) {
            Assertions.assertThatThrownBy(empty::next).isInstanceOf(NoSuchElementException.class);
            Assertions.assertThatThrownBy(empty::peekNextKey)
                    .isInstanceOf(NoSuchElementException.class);
        }
        store.close();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void behaves_as_a_sorted_map(Function<String, LocalStore> kind) {
        LocalStore store = open(kind);
        NavigableMap<String, String> model = new TreeMap<>();
        Random random = new Random(7);
        for (int step = 0; step < STEPS; step++) {
            String key = Integer.toString(100 + random.nextInt(300));
            switch (random.nextInt(4)) {
                case 0 -> {
                    model.remove(key);
                    store.delete(key(key));
                }
                case 1 -> {
                    String other = Integer.toString(100 + random.nextInt(300));
                    model.put(key, "batch" + step);
                    model.remove(other);
                    store.putAll(
                            List.of(
                                    new KeyValue<>(key(key), bytes("batch" + step)),
                                    new KeyValue<>(key(other), null)));
                }
                default -> {
                    model.put(key, "value" + step);
                    store.put(key(key), bytes("value" + step));
                }
            }
            assertThat(text(store.get(key(key)))).isEqualTo(model.get(key));
        }
        List<String> expected = new ArrayList<>();
        model.forEach((key, value) -> expected.add(key + "=" + value));
        assertThat(drain(store.all())).isEqualTo(expected);
        store.close();
    }

    private static @Nullable String text(byte @Nullable [] value) {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void what_is_persistent_is_there_again_after_reopening(Function<String, LocalStore> kind) {
        LocalStore store = open(kind);
        store.put(key("a"), bytes("1"));
        store.flush();
        store.close();
        assertThat(store.isOpen()).isFalse();

        LocalStore again = open(kind);
        assertThat(again.isOpen()).isTrue();
        byte[] expected = again.persistent() ? bytes("1") : null;
        assertThat(Arrays.equals(again.get(key("a")), expected)).isTrue();
        again.close();
    }

    @Test
    void buffered_writes_beyond_the_limit_reach_the_store_below_before_a_flush() {
        RocksDbStore below = new RocksDbStore("store");
        LocalStore store = new WriteBehindStore(below);
        store.open(directory);
        store.put(key("first"), bytes("1"));
        assertThat(below.get(key("first"))).isNull();

        for (int i = 0; i < 10_000; i++) {
            store.put(key("row" + i), bytes("value" + i));
        }

        assertThat(below.get(key("first"))).isEqualTo(bytes("1"));
        store.put(key("empty"), new byte[0]);
        store.put(key("first"), null);
        assertThat(store.get(key("empty"))).isEmpty();
        assertThat(store.get(key("first"))).isNull();
        store.flush();
        assertThat(below.get(key("empty"))).isEmpty();
        assertThat(below.get(key("first"))).isNull();
        assertThat(below.get(key("row9999"))).isEqualTo(bytes("value9999"));
        store.close();
    }

    @Test
    void rocksdb_closes_with_an_iterator_left_open() {
        LocalStore store = open(RocksDbStore::new);
        store.put(key("a"), bytes("1"));
        KeyValueIterator<Bytes, byte[]> forgotten = store.all();
        assertThat(forgotten.hasNext()).isTrue();

        store.close();

        assertThat(store.isOpen()).isFalse();
    }
}

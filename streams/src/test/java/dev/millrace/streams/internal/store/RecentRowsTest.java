package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecentRowsTest {
    private static final long MANY_BYTES = 1 << 20;
    private static final long RETENTION_MS = 1000;
    private static final long SEGMENT_MS = 300;

    @TempDir Path directory;

    private static Bytes key(int number) {
        return Bytes.wrap(new byte[] {(byte) number});
    }

    private static Bytes window(int key, long start, int number) {
        return Bytes.wrap(TimedKeys.window(key(key).get(), start, number));
    }

    private static byte[] value(int number) {
        return new byte[] {(byte) number};
    }

    private static List<String> texts(List<KeyValue<Bytes, byte[]>> rows) {
        List<String> texts = new ArrayList<>();
        rows.forEach(row -> texts.add(row.key + "=" + row.value[0]));
        return texts;
    }

    @Test
    void rows_of_a_key_are_found_in_the_order_of_their_times() {
        RecentRows rows = new RecentRows(TimedKeys.WINDOWS, MANY_BYTES, 15, 0);
        rows.put(window(1, 30, 0), value(3));
        rows.put(window(1, 10, 0), value(1));
        rows.put(window(2, 20, 0), value(9));
        rows.put(window(1, 20, 1), value(2));
        rows.put(window(1, 20, 0), value(4));
        rows.put(window(1, 30, 0), value(5));

        assertThat(rows.find(key(1), 20, 30))
                .extracting(row -> (int) row.value[0])
                .containsExactly(4, 2, 5);
        assertThat(rows.find(key(3), 0, 100)).isEmpty();
    }

    @Test
    void what_was_deleted_is_not_found() {
        RecentRows rows = new RecentRows(TimedKeys.WINDOWS, MANY_BYTES, 15, 0);
        rows.put(window(1, 10, 0), value(1));
        rows.put(window(1, 10, 0), null);
        rows.put(window(1, 11, 0), null);

        assertThat(rows.find(key(1), 0, 100)).isEmpty();
        assertThat(rows.hasAllFrom(0)).isTrue();
    }

    @Test
    void the_limit_takes_the_earliest_slices_as_a_whole() {
        RecentRows rows = new RecentRows(TimedKeys.WINDOWS, 2000, 1, 0);
        for (int i = 0; i < 20; i++) {
            rows.put(window(i % 2, i / 2, 0), value(i));
        }

        assertThat(rows.hasAllFrom(9)).isTrue();
        assertThat(rows.hasAllFrom(0)).isFalse();
        assertThat(rows.find(key(0), 0, 100).size() + rows.find(key(1), 0, 100).size())
                .isEven()
                .isBetween(2, 10);
    }

    @Test
    void rows_from_before_are_not_promised() {
        RecentRows rows = new RecentRows(TimedKeys.WINDOWS, MANY_BYTES, 20, 50);

        rows.put(window(1, 49, 0), value(1));
        rows.put(window(1, 50, 0), value(2));

        assertThat(rows.hasAllFrom(49)).isFalse();
        assertThat(rows.hasAllFrom(50)).isTrue();
        assertThat(rows.find(key(1), 0, 100)).hasSize(1);
    }

    private SegmentedStore store(TimedKeys keys, boolean persistent) {
        SegmentedStore store =
                new SegmentedStore(
                        keys.name(),
                        keys,
                        RETENTION_MS,
                        SEGMENT_MS,
                        persistent ? RocksDbStore::buffered : SortedStore::new,
                        persistent);
        store.open(directory);
        return store;
    }

    private static List<String> scan(SegmentedStore store, TimedStore.Scan scan) {
        List<KeyValue<Bytes, byte[]>> found = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> rows = store.scan(scan)) {
            rows.forEachRemaining(found::add);
        }
        return texts(found);
    }

    private void compare(TimedKeys keys, long seed) {
        Random random = new Random(seed);
        SegmentedStore plain = store(keys, false);
        SegmentedStore fast = store(keys, true);
        try {
            long now = 0;
            for (int step = 0; step < 3000; step++) {
                now += random.nextInt(3);
                long time = Math.max(0, now - random.nextInt(random.nextInt(10) == 0 ? 1500 : 50));
                int key = random.nextInt(4);
                if (random.nextInt(3) > 0) {
                    Bytes timed =
                            keys == TimedKeys.WINDOWS
                                    ? window(key, time, random.nextInt(2))
                                    : Bytes.wrap(
                                            TimedKeys.session(
                                                    key(key).get(),
                                                    Math.max(0, time - random.nextInt(20)),
                                                    time));
                    byte[] value = random.nextInt(5) == 0 ? null : value(random.nextInt(100));
                    if (random.nextInt(500) == 0) {
                        plain.restore(List.of(new KeyValue<>(timed, value)));
                        fast.restore(List.of(new KeyValue<>(timed, value)));
                    } else {
                        plain.put(timed, value);
                        fast.put(timed, value);
                    }
                } else {
                    TimedStore.Scan scan =
                            new TimedStore.Scan(
                                    key(key),
                                    key(key),
                                    Math.max(0, time - random.nextInt(60)),
                                    time + random.nextInt(60),
                                    random.nextBoolean() ? Long.MAX_VALUE : time,
                                    random.nextInt(4) == 0);
                    assertThat(scan(fast, scan))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(scan(plain, scan));
                }
            }
        } finally {
            fast.close();
        }
    }

    @Test
    void a_store_on_disk_finds_what_one_in_memory_finds() {
        compare(TimedKeys.WINDOWS, 1);
        compare(TimedKeys.SESSIONS, 2);
    }
}

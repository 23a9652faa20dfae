package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.streams.errors.StreamsException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowStoreTest {
    private final List<String> changelog = new ArrayList<>();
    private final List<String> changes = new ArrayList<>();

    private static final class NoHeaders implements RowStore.HeadersOfRecord {
        @Override
        public Headers headers() {
            return new RecordHeaders();
        }

        @Override
        public void headers(Headers headers) {}
    }

    private RowStore store(@Nullable CacheBudget budget) {
        InMemoryStore below = new InMemoryStore("rows");
        RowStore rows =
                new RowStore(
                        "rows",
                        "changelog",
                        below,
                        Serdes.String(),
                        Serdes.Long(),
                        true,
                        (key, value, timestamp, headers) ->
                                changelog.add(
                                        new String(key, StandardCharsets.UTF_8)
                                                + "="
                                                + (value == null
                                                        ? null
                                                        : ByteBuffer.wrap(value).getLong())
                                                + "@"
                                                + timestamp),
                        budget,
                        new NoHeaders());
        rows.emitChanges(
                (key, value, old, timestamp) ->
                        changes.add(key + ":" + old + "->" + value + "@" + timestamp),
                true);
        return rows;
    }

    private void add(RowStore rows, String key, long timestamp) {
        Object before = rows.get(key);
        rows.update(key, before == null ? 1L : (Long) before + 1, before, timestamp);
    }

    @Test
    void without_a_cache_every_update_is_told_at_once_and_the_newest_is_logged_with_the_commit() {
        RowStore rows = store(null);

        add(rows, "a", 1);
        add(rows, "b", 1);
        add(rows, "a", 2);
        rows.update("b", null, rows.get("b"), 3);

        assertThat(changes)
                .containsExactly("a:null->1@1", "b:null->1@1", "a:1->2@2", "b:1->null@3");
        assertThat(changelog).isEmpty();

        rows.flush();
        rows.flush();

        assertThat(changelog).containsExactly("a=2@2", "b=null@3");
    }

    @Test
    void without_a_cache_keys_that_wait_for_the_changelog_are_bounded() {
        RowStore rows = store(null);

        for (int i = 0; i < 50_000; i++) {
            rows.update("key" + i, 1L, null, i);
        }

        assertThat(changelog).hasSizeBetween(30_000, 49_999);
    }

    @Test
    void with_a_cache_updates_of_a_key_become_one_change_at_the_flush() {
        RowStore rows = store(new CacheBudget(1 << 20));

        add(rows, "a", 1);
        add(rows, "b", 2);
        add(rows, "a", 3);
        assertThat(changes).isEmpty();
        assertThat(rows.get("a")).isEqualTo(2L);
        assertThat(rows.timestampOfLastGet()).isEqualTo(3);
        rows.flush();
        add(rows, "a", 4);
        rows.flush();
        rows.flush();

        assertThat(changelog).containsExactly("a=2@3", "b=1@2", "a=3@4");
        assertThat(changes).containsExactly("a:null->2@3", "b:null->1@2", "a:2->3@4");
    }

    @Test
    void a_row_that_came_and_went_between_two_flushes_was_never_there() {
        RowStore rows = store(new CacheBudget(1 << 20));

        add(rows, "a", 1);
        rows.update("a", null, null, 2);
        rows.flush();

        assertThat(changelog).isEmpty();
        assertThat(changes).isEmpty();
    }

    @Test
    void a_cache_over_its_budget_is_written_out() {
        RowStore rows = store(new CacheBudget(2_000));

        for (int i = 0; i < 100; i++) {
            add(rows, "key" + i, i);
        }

        assertThat(changes).hasSizeGreaterThan(80).doesNotHaveDuplicates();
        assertThat(rows.cacheBytes()).isLessThanOrEqualTo(2_000);
        rows.flush();
        assertThat(changes).hasSize(100);
    }

    @Test
    void a_value_of_another_type_is_refused_with_the_names_of_both() {
        RowStore rows = store(null);

        Assertions.assertThatThrownBy(() -> rows.update("a", "text", null, 1))
                .isInstanceOf(StreamsException.class)
                .hasMessageContaining("java.lang.String")
                .hasMessageContaining("LongSerializer")
                .hasMessageContaining("Materialized");
    }

    @Test
    void a_cache_that_fills_up_while_it_is_written_out_loses_no_update() {
        CacheBudget budget = new CacheBudget(2000);
        RowStore rows = store(budget);
        RowStore others = store(budget);
        for (int i = 0; i < 5; i++) {
            add(rows, "k" + i, i);
        }
        rows.emitChanges(
                (key, value, old, timestamp) -> {
                    if (key.equals("k0")) {
                        for (int i = 0; i < 20; i++) {
                            add(others, "o" + i, i); // over the limit: the largest is written out
                        }
                        add(rows, "k4", 9); // not written yet
                    }
                },
                false);

        rows.flush();
        rows.flush();

        assertThat(rows.get("k4")).isEqualTo(2L);
    }

    @Test
    void every_view_can_be_read_without_what_the_cache_holds_back() {
        RowStore rows = store(new CacheBudget(1 << 20));
        List<RowView<?>> views =
                List.of(
                        new PlainView(rows, () -> 0),
                        new TimestampedView(rows),
                        new HeadersView(rows));

        add(rows, "a", 7);

        assertThat(views)
                .allSatisfy(
                        view -> {
                            assertThat(view.get("a")).isNotNull();
                            assertThat(view.stored("a")).isNull();
                        });
        rows.flush();
        assertThat(views).allSatisfy(view -> assertThat(view.stored("a")).isEqualTo(view.get("a")));
    }
}

package dev.millrace.cluster.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class PersistentMapTest {
    /** Keys whose hash codes are often the same. */
    record Key(int number) {
        @Override
        public int hashCode() {
            return number % 7;
        }
    }

    /** Puts where the value is even, removes where it is odd. */
    record Change(Key key, int value) {}

    @Provide
    Arbitrary<List<Change>> changes() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 40).map(Key::new),
                        Arbitraries.integers().between(0, 100))
                .as(Change::new)
                .list()
                .ofMaxSize(200);
    }

    @Property(tries = 300)
    void behaves_like_a_hash_map_and_never_changes(@ForAll("changes") List<Change> changes) {
        Map<Key, Integer> model = new HashMap<>();
        PersistentMap<Key, Integer> map = PersistentMap.empty();
        for (Change change : changes) {
            Map<Key, Integer> before = new HashMap<>(model);
            PersistentMap<Key, Integer> old = map;
            if (change.value() % 2 == 0) {
                model.put(change.key(), change.value());
                map = map.with(change.key(), change.value());
            } else {
                model.remove(change.key());
                map = map.without(change.key());
            }

            assertThat(map).isEqualTo(model).hasSameSizeAs(model);
            assertThat(map.get(change.key())).isEqualTo(model.get(change.key()));
            assertThat(new HashMap<>(map)).isEqualTo(model);
            assertThat(old).isEqualTo(before);
        }
    }

    @Test
    void holds_ten_thousand_topics() {
        PersistentMap<String, Integer> map = PersistentMap.empty();
        for (int i = 0; i < 10_000; i++) {
            map = map.with("topic-" + i, i);
        }

        assertThat(map).hasSize(10_000).containsEntry("topic-9999", 9999);
        assertThat(map.values().stream().mapToInt(i -> i).sum()).isEqualTo(49_995_000);
    }

    @Test
    void cannot_be_changed_through_the_map_interface() {
        Map<String, Integer> map = PersistentMap.<String, Integer>empty().with("a", 1);

        assertThatThrownBy(() -> map.put("b", 2)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> map.remove("a")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> map.entrySet().iterator().next().setValue(3))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(map).containsOnly(Map.entry("a", 1));
    }
}

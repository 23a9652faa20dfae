package dev.millrace.streams.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class RowTableTest {
    private static final class Row extends RowTable.Keyed {
        Row(Bytes key) {
            super(key, RowTable.hash(key.get()));
        }
    }

    private static Bytes key(Random random) {
        byte[] key = new byte[random.nextInt(20)];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) random.nextInt(3);
        }
        return Bytes.wrap(key);
    }

    @Test
    void finds_what_was_put_and_nothing_else_also_after_it_was_cleared() {
        Random random = new Random(1);
        RowTable<Row> table = new RowTable<>();
        for (int round = 0; round < 5; round++) {
            Map<Bytes, Row> model = new HashMap<>();
            for (int i = 0; i < 2000 / (1 + round * round); i++) {
                Bytes key = key(random);
                Row found = table.get(key, RowTable.hash(key.get()));
                assertThat(found).isSameAs(model.get(key));
                if (found == null) {
                    Row row = new Row(key);
                    table.put(row);
                    model.put(key, row);
                }
            }
            assertThat(table.size()).isEqualTo(model.size());
            model.forEach(
                    (key, row) ->
                            assertThat(table.get(Bytes.wrap(key.get().clone()), row.hash))
                                    .isSameAs(row));
            table.clear();
            model.keySet()
                    .forEach(key -> assertThat(table.get(key, RowTable.hash(key.get()))).isNull());
        }
    }

    @Test
    void keys_that_differ_in_one_byte_have_other_hashes() {
        Set<Integer> hashes = new HashSet<>();
        int keys = 0;
        for (int length = 1; length < 24; length++) {
            for (int at = 0; at < length; at++) {
                for (int value = 1; value < 128; value++) {
                    byte[] key = new byte[length];
                    key[at] = (byte) value;
                    hashes.add(RowTable.hash(key));
                    keys++;
                }
            }
        }
        assertThat(hashes).hasSizeGreaterThan(keys - 10);
    }
}

package dev.millrace.sql.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowSerdeTest {
    private final RowSerde serde = new RowSerde();

    @Provide
    Arbitrary<Row> rows() {
        Arbitrary<Object> scalars =
                Arbitraries.oneOf(
                        Arbitraries.longs().map(v -> (Object) v),
                        Arbitraries.doubles().map(v -> (Object) v),
                        Arbitraries.strings().ofMaxLength(20).map(v -> (Object) v),
                        Arbitraries.of(true, false).map(v -> (Object) v),
                        Arbitraries.bigDecimals().map(v -> (Object) v),
                        Arbitraries.bytes().array(byte[].class).map(v -> (Object) v));
        Arbitrary<Object> values =
                Arbitraries.oneOf(
                        scalars.injectNull(0.2),
                        scalars.list().ofMaxSize(3).map(v -> (Object) new ArrayList<>(v)),
                        scalars.list().ofMaxSize(3).map(v -> (Object) new Row(v.toArray())));
        return values.list().ofMaxSize(6).map(v -> new Row(v.toArray()));
    }

    @Property(tries = 500)
    void a_row_comes_back_as_it_went(@ForAll("rows") Row row) {
        Row back = RowSerde.fromBytes(serde.toBytes(row));
        assertThat(serde.toBytes(back)).isEqualTo(serde.toBytes(row));
    }

    @Property(tries = 500)
    void broken_bytes_are_refused_and_nothing_else_happens(
            @ForAll("rows") Row row, @ForAll int at, @ForAll byte with) {
        byte[] bytes = serde.toBytes(row);
        bytes[Math.floorMod(at, bytes.length)] = with;
        try {
            RowSerde.fromBytes(bytes);
        } catch (SerializationException e) {
            assertThat(e).hasMessageContaining("row");
        }
    }

    @Test
    void every_kind_of_value_has_an_encoding() {
        Row row =
                Row.of(
                        null,
                        true,
                        -5L,
                        2.5,
                        "é",
                        new BigDecimal("-1.50"),
                        List.of("a"),
                        Row.of(1L),
                        Map.of("k", 1L));
        assertThat(RowSerde.fromBytes(serde.toBytes(row))).isEqualTo(row);
    }

    @Test
    void a_row_that_ends_early_or_goes_on_is_refused() {
        byte[] bytes = serde.toBytes(Row.of("hello", 5L));
        assertThatThrownBy(() -> RowSerde.fromBytes(Arrays.copyOf(bytes, bytes.length - 2)))
                .isInstanceOf(SerializationException.class);
        assertThatThrownBy(() -> RowSerde.fromBytes(Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("after the end");
    }

    @Test
    void columns_nobody_reads_are_not_written() {
        RowSerde some = RowSerde.writingOnly(new boolean[] {false, true});
        @Nullable Object[] back =
                RowSerde.fromBytes(some.toBytes(Row.of("long text", 1L))).values();
        assertThat(back).containsExactly(null, 1L);
    }
}

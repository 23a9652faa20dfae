package dev.millrace.sql.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SchemaInferenceTest {

    private static Relation infer(@Nullable String... values) {
        List<SchemaInference.Sample> samples = new ArrayList<>();
        for (String value : values) {
            samples.add(new SchemaInference.Sample(null, value == null ? null : bytes(value)));
        }
        return SchemaInference.infer("t", samples);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String columns(Relation relation) {
        return new SqlType.RowOf(relation.columns()).sql();
    }

    @Test
    void json_objects_have_a_column_per_field_in_order_of_appearance() {
        Relation relation =
                infer(
                        "{\"user\":\"ann\",\"n\":1,\"x\":1.5,\"ok\":true}",
                        "{\"n\":2,\"late\":\"a\"}");
        assertThat(relation.format()).isEqualTo(Relation.ValueFormat.JSON);
        assertThat(columns(relation))
                .isEqualTo("ROW(user VARCHAR, n BIGINT, x DOUBLE, ok BOOLEAN, late VARCHAR)");
    }

    @Test
    void arrays_and_objects_keep_their_shape() {
        assertThat(columns(infer("{\"tags\":[\"a\"],\"at\":{\"x\":1,\"y\":2.5},\"none\":null}")))
                .isEqualTo("ROW(tags VARCHAR ARRAY, at ROW(x BIGINT, y DOUBLE), none VARCHAR)");
    }

    @Test
    void fields_that_disagree_become_the_wider_number_or_text() {
        assertThat(columns(infer("{\"a\":1,\"b\":1}", "{\"a\":1.5,\"b\":\"x\"}")))
                .isEqualTo("ROW(a DOUBLE, b VARCHAR)");
    }

    @Test
    void text_and_an_empty_topic_have_one_value_column() {
        assertThat(columns(infer("hello", "{\"a\":1}"))).isEqualTo("ROW(value VARCHAR)");
        assertThat(columns(infer())).isEqualTo("ROW(value VARCHAR)");
        assertThat(infer("{\"a\":1} trailing").format()).isEqualTo(Relation.ValueFormat.TEXT);
    }

    @Test
    void a_tombstone_says_nothing() {
        assertThat(infer(null, "{\"a\":1}").format()).isEqualTo(Relation.ValueFormat.JSON);
    }

    @Test
    void eight_byte_numbers_are_bigint_and_other_bytes_are_bytes() {
        byte[] seven = ByteBuffer.allocate(8).putLong(7).array();
        Relation longs =
                SchemaInference.infer(
                        "t", List.of(new SchemaInference.Sample(bytes("word"), seven)));
        assertThat(longs.format()).isEqualTo(Relation.ValueFormat.LONG);
        assertThat(longs.keyVisible()).isTrue();
        assertThat(longs.keyFormat()).isEqualTo(Relation.ValueFormat.TEXT);
        Relation binary =
                SchemaInference.infer(
                        "t", List.of(new SchemaInference.Sample(null, new byte[] {0, -1, 3})));
        assertThat(binary.format()).isEqualTo(Relation.ValueFormat.BYTES);
    }

    @Test
    void deep_documents_end_as_text() {
        String deep = "{\"a\":".repeat(50) + "1" + "}".repeat(50);
        assertThat(infer(deep).columns()).hasSize(1);
    }

    @Test
    void a_field_called_like_the_key_moves_the_key_aside() {
        assertThat(infer("{\"rowkey\":1}").keyName()).isEqualTo("_rowkey");
    }
}

package dev.millrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.console.DecodedBytes.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class DecodedBytesTest {
    @Example
    void no_bytes_are_null_and_empty_bytes_are_text() {
        assertThat(DecodedBytes.of(null, 10).kind()).isEqualTo(Kind.NULL);
        assertThat(DecodedBytes.of(new byte[0], 10)).isEqualTo(text(Kind.TEXT, "", 0));
    }

    @Example
    void objects_and_arrays_are_json_and_keep_their_source() {
        assertThat(decode(" {\"a\" : 1.0}")).isEqualTo(text(Kind.JSON, " {\"a\" : 1.0}", 12));
        assertThat(decode("[1,[2]]").kind()).isEqualTo(Kind.JSON);
    }

    @Example
    void what_only_looks_like_json_is_text() {
        for (String text :
                new String[] {"{", "{}{}", "{a:1}", "[1,]", "42", "\"x\"", "{\"a\":1} x"}) {
            assertThat(decode(text).kind()).as(text).isEqualTo(Kind.TEXT);
        }
    }

    @Example
    void control_characters_make_bytes_no_text() {
        assertThat(decode("a\tb\r\nc").kind()).isEqualTo(Kind.TEXT);
        assertThat(decode("a\u0000b").kind()).isEqualTo(Kind.HEX);
        assertThat(decode("a\u0000b").text()).isEqualTo("610062");
    }

    @Example
    void doubles_of_everyday_size_are_recognised() {
        DecodedBytes decoded = DecodedBytes.of(ByteBuffer.allocate(8).putDouble(-12.5).array(), 99);
        assertThat(decoded.kind()).isEqualTo(Kind.FLOAT64);
        assertThat(decoded.text()).isEqualTo("-12.5");
    }

    @Property
    void longs_as_counts_write_them_are_numbers(
            @ForAll @LongRange(min = 0, max = 1L << 40) long count) {
        byte[] bytes = ByteBuffer.allocate(8).putLong(count).array();

        DecodedBytes decoded = DecodedBytes.of(bytes, 99);

        assertThat(decoded.kind()).isEqualTo(Kind.INT64);
        assertThat(decoded.text()).isEqualTo(Long.toString(count));
        assertThat(decoded.hex()).isEqualTo(HexFormat.of().formatHex(bytes));
    }

    @Property
    void whatever_comes_is_shown_without_loss_if_it_fits(@ForAll byte[] bytes) {
        DecodedBytes decoded = DecodedBytes.of(bytes, Math.max(1, bytes.length));

        String text = String.valueOf(decoded.text());
        byte[] shown =
                switch (decoded.kind()) {
                    case TEXT, JSON -> text.getBytes(StandardCharsets.UTF_8);
                    case HEX -> HexFormat.of().parseHex(text);
                    case INT32, INT64, FLOAT64 ->
                            HexFormat.of().parseHex(String.valueOf(decoded.hex()));
                    case NULL -> throw new AssertionError("not null");
                };
        assertThat(shown).isEqualTo(bytes);
        assertThat(decoded.truncated()).isFalse();
    }

    @Property
    void cutting_leaves_whole_characters_and_the_true_size(
            @ForAll String any, @ForAll @IntRange(min = 1, max = 20) int maxBytes) {
        byte[] bytes = any.getBytes(StandardCharsets.UTF_8);

        DecodedBytes decoded = DecodedBytes.of(bytes, maxBytes);

        assertThat(decoded.sizeBytes()).isEqualTo(bytes.length);
        if (decoded.kind() == Kind.TEXT) {
            String whole = new String(bytes, StandardCharsets.UTF_8);
            assertThat(whole).startsWith(decoded.text());
            assertThat(String.valueOf(decoded.text()).getBytes(StandardCharsets.UTF_8).length)
                    .isLessThanOrEqualTo(maxBytes);
            assertThat(decoded.truncated()).isEqualTo(bytes.length > maxBytes);
        }
    }

    private static DecodedBytes decode(String text) {
        return DecodedBytes.of(text.getBytes(StandardCharsets.UTF_8), 1_000);
    }

    private static DecodedBytes text(Kind kind, String text, int sizeBytes) {
        return new DecodedBytes(kind, text, sizeBytes, false, null);
    }
}

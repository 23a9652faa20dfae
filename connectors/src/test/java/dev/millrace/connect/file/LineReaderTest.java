package dev.millrace.connect.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LineReaderTest {
    @Test
    void a_line_ends_with_lf_cr_lf_or_cr() throws IOException {
        assertThat(read("a\nb\r\nc\rd\n", 100)).containsExactly("a", "b", "c", "d");
    }

    @Test
    void a_line_without_its_end_is_not_a_line_yet() throws IOException {
        assertThat(read("a\npartial", 100)).containsExactly("a");
    }

    @Test
    void a_long_line_is_one_line() throws IOException {
        String line = "x".repeat(100_000);
        assertThat(read(line + "\n", 1_000)).containsExactly(line);
    }

    @Property
    void how_the_bytes_arrive_makes_no_difference(
            @ForAll("lines") List<String> lines, @ForAll @IntRange(min = 1, max = 7) int chunk)
            throws IOException {
        String text = String.join("\n", lines) + "\n";
        assertThat(read(text, chunk)).containsExactlyElementsOf(lines);
    }

    @Property
    void the_bytes_of_the_lines_add_up_to_the_text(
            @ForAll("lines") List<String> lines, @ForAll boolean crLf) throws IOException {
        String text = String.join(crLf ? "\r\n" : "\n", lines) + "\n";
        LineReader reader = new LineReader();
        ByteArrayInputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        long bytes = 0;
        do {
            while (reader.next() != null) {
                bytes += reader.lastBytes();
            }
        } while (reader.fill(in));
        assertThat(bytes).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @Provide
    Arbitrary<List<String>> lines() {
        return Arbitraries.strings()
                .withChars('a', 'ü', '✓', ' ')
                .ofMaxLength(20)
                .list()
                .ofMinSize(1)
                .ofMaxSize(20);
    }

    /** Offers the text in pieces, which may cut through characters. */
    private static List<String> read(String text, int chunk) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        LineReader reader = new LineReader();
        List<String> lines = new ArrayList<>();
        for (int from = 0; from < bytes.length; from += chunk) {
            ByteArrayInputStream in =
                    new ByteArrayInputStream(bytes, from, Math.min(chunk, bytes.length - from));
            while (reader.fill(in)) {
                for (String line = reader.next(); line != null; line = reader.next()) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }
}

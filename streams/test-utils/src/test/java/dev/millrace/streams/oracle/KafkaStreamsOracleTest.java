package dev.millrace.streams.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every program of {@link Programs} is described and behaves as it does with Kafka Streams 4.3.1.
 */
class KafkaStreamsOracleTest {
    private static final int INPUTS = 25;
    private static final int LONGEST_INPUT = 40;
    private static final @Nullable String[] KEYS = {null, "k", "k", "l", "l", "m"};
    private static final @Nullable String[] VALUES = {
        null, "a", "ab", "abc", "b", "b c b", "x", "xyz", "c c"
    };

    @TempDir private static Path directory;

    @SuppressWarnings("NullAway.Init") // by compileAgainstKafkaStreams
    private static BiFunction<String, List<String[]>, String> kafka;

    private final Programs millrace = new Programs();

    @BeforeAll
    static void compileAgainstKafkaStreams() throws Exception {
        kafka = KafkaStreamsPrograms.load("Programs", directory);
    }

    static Stream<String> programs() {
        return new Programs().apply("", List.of()).lines();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void is_described_by_the_same_text(String program) {
        String expected = kafka.apply("describe " + program, List.of());

        assertThat(millrace.apply("describe " + program, List.of())).isEqualTo(expected);
        assertThat(expected).contains("Sub-topology: 0").contains("-->");
    }

    @ParameterizedTest
    @MethodSource("programs")
    void writes_the_same_records_to_all_topics(String program) {
        for (long seed = 0; seed < INPUTS; seed++) {
            List<String[]> input = randomInput(program, seed);

            assertThat(millrace.apply(program, input))
                    .as("%s with seed %d", program, seed)
                    .isEqualTo(kafka.apply(program, input));
        }
    }

    /** Topic, key, value, timestamp; with nulls, repetitions and out-of-order timestamps. */
    private static List<String[]> randomInput(String program, long seed) {
        Random random = new Random(seed * 31 + program.hashCode());
        boolean both = new Programs().apply("describe " + program, List.of()).contains("b]");
        List<String[]> input = new ArrayList<>();
        for (int i = 1 + random.nextInt(LONGEST_INPUT); i > 0; i--) {
            String value = VALUES[random.nextInt(VALUES.length)];
            String key = KEYS[random.nextInt(KEYS.length)];
            input.add(
                    new String[] {
                        both && random.nextInt(3) == 0 ? "b" : "a",
                        key,
                        value,
                        String.valueOf(random.nextInt(1000))
                    });
        }
        return input;
    }
}

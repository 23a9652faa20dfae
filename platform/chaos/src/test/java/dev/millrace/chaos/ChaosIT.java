package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One run, as the properties {@code millrace.chaos.*} of the profile {@code chaos} say. */
class ChaosIT {
    @Test
    void nothing_acknowledged_is_lost_doubled_reordered_or_read_though_aborted() {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "run",
                                "--system",
                                property("system", "millrace"),
                                "--seed",
                                property("seed", "1"),
                                "--minutes",
                                property("minutes", "1")));
        Arrays.stream(property("options", "").split(" "))
                .filter(option -> !option.isEmpty())
                .forEach(arguments::add);

        assertThat(ChaosCommand.execute(arguments.toArray(String[]::new))).isZero();
    }

    private static String property(String name, String otherwise) {
        String value = System.getProperty("millrace.chaos." + name, "");
        return value.isEmpty() ? otherwise : value;
    }
}

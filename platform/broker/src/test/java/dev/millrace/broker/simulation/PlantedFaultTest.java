package dev.millrace.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the simulation finds, so that it means something when it finds nothing. What takes hundreds
 * of lives to be found is looked for where {@code -Dmillrace.simulation.seeds} asks for at least a
 * thousand.
 */
class PlantedFaultTest {
    private static final Logger LOG = LoggerFactory.getLogger(PlantedFaultTest.class);

    /** It is expected in the life of the seed that the fault names; this is for when that moves. */
    private static final long MORE_SEEDS = 400;

    private static final long MANY_SEEDS = 1_000;

    private static long seeds() {
        return Long.getLong("millrace.simulation.seeds", MORE_SEEDS);
    }

    static Stream<PlantedFault> faults() {
        return Arrays.stream(PlantedFault.values())
                .filter(fault -> fault != PlantedFault.NONE)
                .filter(fault -> !fault.isRare() || seeds() >= MANY_SEEDS);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void the_simulation_finds(PlantedFault fault) {
        LongFunction<@Nullable String> lives = MutantLoader.lives(fault);

        String found = lives.apply(fault.foundAt());
        for (long seed = 0; found == null && seed < seeds(); seed++) {
            found = lives.apply(seed);
            if (found != null) {
                LOG.info("{} is found at {} by now", fault, seed);
            }
        }

        assertThat(found).as("the invariant that %s violates", fault).isNotNull();
    }
}

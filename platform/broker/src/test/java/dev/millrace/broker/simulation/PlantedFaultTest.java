package dev.millrace.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the simulation finds, so that it means something when it finds nothing. */
class PlantedFaultTest {
    /** It is expected in the life of the seed that the fault names; this is for when that moves. */
    private static final int MORE_SEEDS = 400;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void the_simulation_finds(PlantedFault fault) {
        LongFunction<@Nullable String> lives = MutantLoader.lives(fault);

        String found = lives.apply(fault.foundAt());
        for (long seed = 0; found == null && seed < MORE_SEEDS; seed++) {
            found = lives.apply(seed);
        }

        assertThat(found).as("the invariant that %s violates", fault).isNotNull();
    }
}

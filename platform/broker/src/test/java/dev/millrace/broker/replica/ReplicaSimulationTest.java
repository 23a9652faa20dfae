package dev.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Many lives of one partition. {@code -Dmillrace.simulation.seeds=100000} runs more of them, {@code
 * -Dmillrace.simulation.seed=N} one, and tells its story.
 */
class ReplicaSimulationTest {
    private static final int STEPS = 1_500;
    private static final int STORY_LINES = 60;

    @Test
    void no_committed_record_is_lost_whatever_happens() {
        Long only = Long.getLong("millrace.simulation.seed");
        long seeds = only == null ? Long.getLong("millrace.simulation.seeds", 300) : 1;
        long committed = 0;
        long elections = 0;
        long truncations = 0;
        long lossyCrashes = 0;
        for (long i = 0; i < seeds; i++) {
            long seed = only == null ? i : only;
            ReplicaSimulation simulation = new ReplicaSimulation(seed);
            try {
                simulation.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                int lines = simulation.story().size();
                throw new AssertionError(
                        "seed %d: %s%n%s"
                                .formatted(
                                        seed,
                                        e.getMessage(),
                                        String.join(
                                                "\n",
                                                simulation
                                                        .story()
                                                        .subList(
                                                                Math.max(0, lines - STORY_LINES),
                                                                lines))),
                        e);
            }
            committed += simulation.committed();
            elections += simulation.elections;
            truncations += simulation.truncations;
            lossyCrashes += simulation.lossyCrashes;
        }
        // Else it would have shown nothing.
        assertThat(committed).isGreaterThan(seeds);
        if (only == null) {
            assertThat(elections).isGreaterThan(seeds);
            assertThat(truncations).isGreaterThan(seeds / 10);
            assertThat(lossyCrashes).isGreaterThan(seeds / 10);
        }
    }
}

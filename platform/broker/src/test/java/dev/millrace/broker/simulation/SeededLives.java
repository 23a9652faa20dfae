package dev.millrace.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.simulation.SimulatedCluster.Event;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * Runs lives, one after the other.
 *
 * <pre>
 *   -Dmillrace.simulation.seeds=100000   so many
 *   -Dmillrace.simulation.first=N        from this one on
 *   -Dmillrace.simulation.seed=N         this one alone
 * </pre>
 *
 * A life that goes wrong tells the end of its story, and how to see it again.
 */
final class SeededLives {
    private static final int STORY_LINES = 150;

    private final Map<Event, Long> events = new EnumMap<>(Event.class);
    private final boolean many;
    private long lives;

    /** A life that can be told. */
    interface Life {
        SimulatedCluster cluster();

        void live(int steps);
    }

    /**
     * @param usually how many, if the properties say nothing
     */
    SeededLives(Class<?> test, int usually, int steps, LongFunction<Life> born) {
        Long only = Long.getLong("millrace.simulation.seed");
        long first = only == null ? Long.getLong("millrace.simulation.first", 0) : only;
        long seeds = only == null ? Long.getLong("millrace.simulation.seeds", usually) : 1;
        this.many = seeds >= usually;
        for (long seed = first; seed < first + seeds; seed++) {
            Life life = born.apply(seed);
            try {
                life.live(steps);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(told(test, seed, life.cluster().story(), e), e);
            }
            lives++;
            for (Event event : Event.values()) {
                events.merge(event, (long) life.cluster().counted(event), Long::sum);
            }
        }
    }

    /** Else they would have shown nothing. */
    void requireEventful(Map<String, Long> counts) {
        if (many) {
            assertThat(events.values()).allSatisfy(n -> assertThat(n).isGreaterThan(lives / 10));
            assertThat(counts.values()).allSatisfy(n -> assertThat(n).isGreaterThan(lives));
        }
    }

    private static String told(Class<?> test, long seed, List<String> story, Throwable e) {
        return "seed %d: %s%n%s%n%nagain: mvn test -pl platform/broker -am -Dtest=%s -Dmillrace.simulation.seed=%d -Dsurefire.failIfNoSpecifiedTests=false"
                .formatted(
                        seed,
                        e,
                        String.join(
                                "\n",
                                story.subList(
                                        Math.max(0, story.size() - STORY_LINES), story.size())),
                        test.getSimpleName(),
                        seed);
    }
}

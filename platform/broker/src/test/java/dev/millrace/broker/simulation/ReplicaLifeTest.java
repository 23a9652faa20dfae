package dev.millrace.broker.simulation;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many lives of a replicated partition; {@link SeededLives} says how to have more of them. */
class ReplicaLifeTest {
    private static final int SEEDS = 250;

    @Test
    void what_is_committed_stays_whatever_happens() {
        AtomicLong committed = new AtomicLong();
        AtomicLong acknowledged = new AtomicLong();

        SeededLives lives =
                new SeededLives(
                        ReplicaLifeTest.class,
                        SEEDS,
                        Lives.STEPS,
                        seed -> {
                            ReplicaLife life = new ReplicaLife(seed, PlantedFault.NONE);
                            life.atTheEnd(
                                    history -> {
                                        committed.addAndGet(history.committed());
                                        acknowledged.addAndGet(history.acknowledged());
                                    });
                            return life;
                        });

        lives.requireEventful(
                Map.of("committed", committed.get(), "acknowledged", acknowledged.get()));
    }
}

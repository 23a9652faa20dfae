package dev.millrace.broker.simulation;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many lives of transactions and groups; {@link SeededLives} says how to have more of them. */
class CoordinatorLifeTest {
    private static final int SEEDS = 40;

    @Test
    void transactions_and_offsets_outlive_their_coordinators() {
        AtomicLong transactions = new AtomicLong();
        AtomicLong offsets = new AtomicLong();

        SeededLives lives =
                new SeededLives(
                        CoordinatorLifeTest.class,
                        SEEDS,
                        Lives.COORDINATOR_STEPS,
                        seed -> {
                            CoordinatorLife life = new CoordinatorLife(seed, PlantedFault.NONE);
                            life.atTheEnd(
                                    () -> {
                                        transactions.addAndGet(life.committedTransactions());
                                        offsets.addAndGet(life.committedOffsets());
                                    });
                            return life;
                        });

        lives.requireEventful(Map.of("transactions", transactions.get(), "offsets", offsets.get()));
    }
}

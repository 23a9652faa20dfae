package dev.millrace.broker.simulation;

import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Public, so that another class loader's world can be entered. */
public final class Lives {
    static final int STEPS = 1_500;
    static final int COORDINATOR_STEPS = 2_500;

    private Lives() {}

    /**
     * @param fault name of a {@link PlantedFault}
     * @return gives the violated invariant of a seed's life; null if all hold
     */
    public static LongFunction<@Nullable String> with(String fault) {
        PlantedFault planted = PlantedFault.valueOf(fault);
        return seed -> outcome(seed, planted);
    }

    private static @Nullable String outcome(long seed, PlantedFault planted) {
        try {
            if (planted.concernsCoordinators()) {
                new CoordinatorLife(seed, planted).live(COORDINATOR_STEPS);
            } else {
                new ReplicaLife(seed, planted).live(STEPS);
            }
            return null;
        } catch (Violation violation) {
            return violation.invariant();
        } catch (RuntimeException e) {
            // What the rules themselves notice.
            return e.toString();
        }
    }
}

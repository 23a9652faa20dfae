package dev.millrace.broker;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when this broker has been cut off, perhaps in one direction only, so that it hears
 * neither of the cluster nor of those who follow it: others lead by then what it led, and it cannot
 * know. It stands aside, so that clients look elsewhere instead of waiting here for what never
 * comes; as soon as it is heard of again, it goes on.
 *
 * <p>Both signs are asked for: while only the journal has no leader, followers still fetch and all
 * goes on. Used by one thread; {@link #isAside} by any.
 */
final class Isolation {
    private static final Logger LOG = LoggerFactory.getLogger(Isolation.class);
    private static final long LOOK_MS = 200;

    /** Followers ask twice a second if there is nothing to fetch. */
    private static final long SILENCE_NS = TimeUnit.MILLISECONDS.toNanos(1_500);

    private final BooleanSupplier current;
    private final LongSupplier followersHeardNs;
    private final Consumer<Boolean> onChange;
    private volatile boolean aside;
    private @Nullable Vertx vertx;
    private long timer = -1;

    /**
     * @param current whether the cluster has heard of this broker lately
     * @param followersHeardNs when the last fetch of a follower came, by {@link System#nanoTime}
     * @param onChange told when it stands aside, and when it is back
     */
    Isolation(BooleanSupplier current, LongSupplier followersHeardNs, Consumer<Boolean> onChange) {
        this.current = current;
        this.followersHeardNs = followersHeardNs;
        this.onChange = onChange;
    }

    void watch(Vertx on) {
        vertx = on;
        timer = on.setPeriodic(LOOK_MS, id -> look(System.nanoTime()));
    }

    void stop() {
        if (vertx != null) {
            vertx.cancelTimer(timer);
        }
    }

    boolean isAside() {
        return aside;
    }

    void look(long nowNs) {
        boolean alone =
                !current.getAsBoolean() && nowNs - followersHeardNs.getAsLong() > SILENCE_NS;
        if (alone == aside) {
            return;
        }
        aside = alone;
        if (alone) {
            LOG.warn(
                    "Neither the cluster nor any follower has been heard of lately: others may lead"
                            + " what this broker leads, which refuses until it is heard of again");
        } else {
            LOG.info("This broker is part of the cluster again");
        }
        onChange.accept(alone);
    }
}

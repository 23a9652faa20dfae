package dev.millrace.wire;

import io.vertx.core.internal.ContextInternal;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a connection would better be served by another event loop: one that owns all
 * that the connection asks for answers without a hand-over to another thread and back, which costs
 * more than a small request itself.
 *
 * <p>Only some requests are looked at, and all of them for a while have to agree. A connection that
 * changes its mind again and again is left where it is. One event loop at a time.
 */
final class Homing {
    private static final int EVERY = 16;
    private static final int AGREEING = 4;
    private static final int MAX_MOVES = 3;

    private int requests;
    private int agreeing;
    private int movesLeft = MAX_MOVES;
    private @Nullable ContextInternal wanted;

    /** Whether the request that comes now is to be {@link #heard}. */
    boolean listens() {
        return movesLeft > 0 && (++requests & (EVERY - 1)) == 0;
    }

    /**
     * @param home where one request belongs; null if nowhere in particular
     * @param here the loop of the connection
     */
    void heard(@Nullable ContextInternal home, ContextInternal here) {
        if (home == null || home == here) {
            forget();
        } else if (home == wanted) {
            agreeing++;
        } else {
            wanted = home;
            agreeing = 1;
        }
    }

    /** Where to go as soon as nothing is under way; null while it is fine here. */
    @Nullable ContextInternal destination() {
        return agreeing >= AGREEING ? wanted : null;
    }

    boolean isDue() {
        return agreeing >= AGREEING;
    }

    /** It could not go now. */
    void forget() {
        wanted = null;
        agreeing = 0;
    }

    void moved() {
        movesLeft--;
        forget();
    }
}

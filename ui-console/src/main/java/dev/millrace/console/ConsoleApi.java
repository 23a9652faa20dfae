package dev.millrace.console;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;

/** The console of one node: its page under {@code /}, its HTTP API under {@code /api}. */
public final class ConsoleApi {
    private ConsoleApi() {}

    /**
     * Adds the console's routes. The SQL screens of the page use {@code POST /sql} and {@code
     * /sql/ws}, which are mounted by the SQL module on the same router.
     */
    public static ConsoleApi mount(Router router, Vertx vertx, ConsoleConfig config) {
        return new ConsoleApi();
    }

    /** Ends every live stream and closes the clients. */
    public Future<Void> close() {
        return Future.succeededFuture();
    }
}

package dev.millrace.node.cli;

import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TimeoutException;

/** Waits for an answer of the admin client, and says in a sentence why there is none. */
final class Await {
    private Await() {}

    static <T> T answer(KafkaFuture<T> future, BootstrapOption bootstrap) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof TimeoutException) {
                throw new CommandFailure(
                        "no answer from "
                                + bootstrap.servers()
                                + " in time: "
                                + cause.getMessage());
            }
            if (cause instanceof KafkaException kafka) {
                throw kafka;
            }
            throw new CommandFailure(Failures.message(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }
}

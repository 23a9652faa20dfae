package dev.millrace.streams.http;

import dev.millrace.streams.state.HostInfo;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/** Asks other instances. Whoever is asked by an instance asks nobody else: there are no loops. */
final class Peers {
    /** Says that an instance asks, and which. */
    static final String FORWARDED_BY = "Millrace-Forwarded-By";

    /** The partition of the key, as the instance that asks has found it. */
    static final String PARTITION = "Millrace-Partition";

    static final String STALE = "Millrace-Stale";

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_UNDER_WAY = 256;

    private final String self;
    private final HttpClient client;
    private final Semaphore free = new Semaphore(MAX_UNDER_WAY);
    private final LongAdder asked = new LongAdder();

    /**
     * @param executor runs what follows an answer
     */
    Peers(HostInfo self, Executor executor) {
        this.self = self.host() + ":" + self.port();
        this.client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIMEOUT)
                        .executor(executor)
                        .build();
    }

    /** Questions that are under way. */
    int underWay() {
        return MAX_UNDER_WAY - free.availablePermits();
    }

    /** All questions until now. */
    long asked() {
        return asked.sum();
    }

    /**
     * The answer of an instance, whatever its status.
     *
     * @param partition negative: of all partitions that it has
     * @param text path and parameters
     */
    CompletableFuture<Answer> ask(HostInfo host, int partition, String text) {
        if (!free.tryAcquire()) {
            return CompletableFuture.failedFuture(
                    Refused.unavailable(
                            "busy", MAX_UNDER_WAY + " questions to other instances are under way"));
        }
        asked.increment();
        try {
            String name = host.host().contains(":") ? "[" + host.host() + "]" : host.host();
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create("http://" + name + ":" + host.port() + text))
                            .timeout(ANSWER_TIMEOUT)
                            .header(FORWARDED_BY, self);
            if (partition >= 0) {
                request.header(PARTITION, Integer.toString(partition));
            }
            return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                    .handle(
                            (response, failure) -> {
                                free.release();
                                if (failure != null) {
                                    throw unreachable(host, failure);
                                }
                                return new Answer(
                                        response.statusCode(),
                                        response.body(),
                                        response.headers().firstValue(STALE).isPresent());
                            });
        } catch (RuntimeException e) {
            free.release();
            return CompletableFuture.failedFuture(unreachable(host, e));
        }
    }

    private static Refused unreachable(HostInfo host, Throwable failure) {
        Throwable cause = failure.getCause() instanceof IOException io ? io : failure;
        return Refused.unavailable(
                "unreachable", host.host() + ":" + host.port() + " does not answer: " + cause);
    }
}

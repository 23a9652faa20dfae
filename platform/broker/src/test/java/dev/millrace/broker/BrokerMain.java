package dev.millrace.broker;

import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker without a metadata journal, to measure the data plane by itself and to try other clients
 * on it: {@code BrokerMain DIRECTORY PORT [key=value]...}
 */
final class BrokerMain {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerMain.class);

    private BrokerMain() {}

    public static void main(String[] args) {
        Map<String, String> properties = new HashMap<>();
        for (int i = 2; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            properties.put(pair[0], pair[1]);
        }
        BrokerConfig config =
                new BrokerConfig(
                        1,
                        "127.0.0.1",
                        Integer.parseInt(args[1]),
                        List.of(Path.of(args[0])),
                        properties);
        Broker.start(Vertx.vertx(), new InMemoryCluster(1), config)
                .onSuccess(
                        broker -> {
                            LOG.info("listening on {}", broker.address());
                            Runtime.getRuntime()
                                    .addShutdownHook(
                                            new Thread(
                                                    () ->
                                                            broker.stop()
                                                                    .toCompletionStage()
                                                                    .toCompletableFuture()
                                                                    .join()));
                        })
                .onFailure(
                        e -> {
                            LOG.error("The broker did not start", e);
                            Runtime.getRuntime().halt(1);
                        });
    }
}

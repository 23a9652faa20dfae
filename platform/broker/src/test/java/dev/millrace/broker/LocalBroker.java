package dev.millrace.broker;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.LocalDisk;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A broker whose metadata the test holds in its hands. */
final class LocalBroker {
    private static final String HOST = "127.0.0.1";

    final InMemoryCluster cluster;
    final Clients clients;
    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
    private final Broker broker;

    /**
     * @param cluster may have been used by an earlier broker on the same directory
     */
    LocalBroker(Path directory, InMemoryCluster cluster, Map<String, String> properties)
            throws Exception {
        this(List.of(directory), cluster, properties, LocalDisk.INSTANCE);
    }

    LocalBroker(
            List<Path> directories,
            InMemoryCluster cluster,
            Map<String, String> properties,
            Disk disk)
            throws Exception {
        this.cluster = cluster;
        Map<String, String> all =
                new HashMap<>(
                        Map.of("offsets.topic.num.partitions", "2", "num.network.threads", "1"));
        all.putAll(properties);
        broker =
                Broker.start(
                                vertx,
                                cluster,
                                new BrokerConfig(1, HOST, 0, directories, all),
                                null,
                                disk)
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(20, TimeUnit.SECONDS);
        clients = new Clients(bootstrapServers());
    }

    String bootstrapServers() {
        return HOST + ":" + broker.address().getPort();
    }

    Broker broker() {
        return broker;
    }

    void close() throws Exception {
        broker.stop().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}

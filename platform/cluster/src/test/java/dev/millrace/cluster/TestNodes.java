package dev.millrace.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts nodes, and waits for them with a bound. */
final class TestNodes {
    private static final long TIMEOUT_SECONDS = 60;

    private TestNodes() {}

    static ClusterConfig alone(Path directory) {
        return new ClusterConfig(1, directory, "127.0.0.1", 0, 0);
    }

    static Cluster start(ClusterConfig config) {
        return await(Cluster.start(config));
    }

    static Cluster startAndRegister(Path directory) {
        Cluster cluster = start(alone(directory));
        await(cluster.registerBroker("127.0.0.1", 9092, ""));
        return cluster;
    }

    static MetadataImage.Topic createTopic(Cluster cluster, String name) {
        return await(cluster.createTopic(name, 1, 1, Map.of(), Map.of()));
    }

    /** Fails with what the stage fails with. */
    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package dev.millrace.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts nodes, and waits for them with a bound. */
public final class TestNodes {
    private static final long TIMEOUT_SECONDS = 60;
    private static final Set<Integer> TAKEN = ConcurrentHashMap.newKeySet();

    private TestNodes() {}

    static ClusterConfig alone(Path directory) {
        return ClusterConfig.alone(1, directory);
    }

    static Cluster start(ClusterConfig config) {
        return await(Cluster.start(config));
    }

    static Cluster startAndRegister(Path directory) {
        Cluster cluster = start(alone(directory));
        await(cluster.registerBroker(new BrokerStart("127.0.0.1", 9092, "")));
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

    /** Three ports in a row, below those that the system hands out, each triple once. */
    public static PeerAddress freePeer() {
        for (int tries = 0; tries < 1_000; tries++) {
            int port = 12_000 + ThreadLocalRandom.current().nextInt(6_000) * 3;
            if (TAKEN.add(port) && isFree(port) && isFree(port + 1) && isFree(port + 2)) {
                return new PeerAddress("127.0.0.1", port);
            }
        }
        throw new AssertionError("no three free ports in a row");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}

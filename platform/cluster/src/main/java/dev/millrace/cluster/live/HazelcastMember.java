package dev.millrace.cluster.live;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import dev.millrace.cluster.ClusterConfig;
import dev.millrace.cluster.ClusterStartException;
import dev.millrace.cluster.LiveGroups;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.PeerAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The embedded member: started and stopped off the caller's thread, used only asynchronously. */
public final class HazelcastMember implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HazelcastMember.class);
    private static final String LOGGING = "hazelcast.logging.type";
    private static final long CLOSE_TIMEOUT_SECONDS = 5;

    private final CompletableFuture<HazelcastInstance> instance = new CompletableFuture<>();
    private final CompletableFuture<PlacementPublisher> placement = new CompletableFuture<>();
    private final CompletableFuture<IMap<String, byte[]>> groups = new CompletableFuture<>();
    private final LiveGroups liveGroups = new HazelcastLiveGroups(groups);
    private final ClusterConfig config;
    private volatile @Nullable MetadataImage lastImage;
    private volatile boolean closing;
    private boolean started; // guarded by this

    public HazelcastMember(ClusterConfig config) {
        this.config = config;
    }

    /**
     * Returns at once.
     *
     * @param clusterId members of another cluster are kept away
     * @param brokers where other members may be, besides the configured peers
     */
    public synchronized void start(String clusterId, Map<Integer, BrokerRegistration> brokers) {
        if (closing) {
            return;
        }
        started = true;
        Set<PeerAddress> members = new LinkedHashSet<>(config.peers());
        brokers.values().stream()
                .filter(broker -> !broker.peerHost().isEmpty())
                .forEach(
                        broker ->
                                members.add(new PeerAddress(broker.peerHost(), broker.peerPort())));
        // Hazelcast's threads inherit from this one that they are daemons.
        Thread thread =
                new Thread(
                        () -> open(clusterId, List.copyOf(members)),
                        "millrace-" + config.nodeId() + "-hazelcast-start");
        thread.setDaemon(true);
        thread.start();
    }

    /** It will not start: whoever waits for it is told why. */
    public void abandon(RuntimeException cause) {
        instance.completeExceptionally(cause);
        groups.completeExceptionally(cause);
        placement.completeExceptionally(cause);
    }

    private void open(String clusterId, List<PeerAddress> members) {
        try {
            // Read before any configuration: else the first lines go to java.util.logging.
            if (System.getProperty(LOGGING) == null) {
                System.setProperty(LOGGING, "slf4j");
            }
            int port =
                    config.self().hazelcastPort() == 0 ? freePort() : config.self().hazelcastPort();
            HazelcastInstance started =
                    Hazelcast.newHazelcastInstance(
                            HazelcastSettings.of(config, clusterId, members, port));
            if (closing) {
                started.shutdown();
                abandon(new IllegalStateException("The node closed before its member started"));
                return;
            }
            groups.complete(started.getMap(HazelcastSettings.GROUPS_MAP));
            PlacementPublisher publisher =
                    new PlacementPublisher(
                            config.nodeId(), started.getMap(HazelcastSettings.PLACEMENT_MAP));
            placement.complete(publisher);
            MetadataImage waiting = lastImage;
            if (waiting != null) {
                publisher.publish(waiting);
            }
            instance.complete(started);
        } catch (RuntimeException | IOException e) {
            ClusterStartException failure =
                    new ClusterStartException(
                            "The Hazelcast member of node "
                                    + config.nodeId()
                                    + " does not start on "
                                    + config.self().host()
                                    + ":"
                                    + config.self().hazelcastPort()
                                    + ": "
                                    + e.getMessage(),
                            e);
            LOG.error("{}", failure.getMessage());
            abandon(failure);
        }
    }

    private int freePort() throws IOException {
        try (ServerSocket socket =
                new ServerSocket(0, 1, InetAddress.getByName(config.self().host()))) {
            return socket.getLocalPort();
        }
    }

    public CompletableFuture<HazelcastInstance> instance() {
        return instance.copy();
    }

    public LiveGroups liveGroups() {
        return liveGroups;
    }

    /** Writes the image's placement to the map, soon; the newest wins. */
    public void publishPlacement(MetadataImage image) {
        lastImage = image;
        if (placement.isDone()) {
            placement.thenAccept(publisher -> publisher.publish(image));
        }
    }

    /** Leaves the cluster of members, waiting for a member that is still starting. */
    @Override
    public void close() {
        synchronized (this) {
            closing = true;
            if (!started) {
                abandon(new IllegalStateException("The node closed before its member started"));
            }
        }
        placement.thenAccept(PlacementPublisher::close);
        try {
            instance.thenAcceptAsync(HazelcastInstance::shutdown)
                    .get(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            LOG.warn("Hazelcast did not shut down within {} s", CLOSE_TIMEOUT_SECONDS);
        } catch (ExecutionException e) {
            LOG.debug("Hazelcast had not started: {}", e.getMessage());
        }
    }
}

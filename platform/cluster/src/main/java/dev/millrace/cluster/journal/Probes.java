package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.PeerAddress;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after brokers that have missed a heartbeat. A machine that refuses a connection to the
 * journal's port runs no such process any more, so there is no reason to wait for the rest of the
 * session; whatever else happens (it answers, or nothing does) says nothing, and the session
 * decides. One that is fenced by mistake is unfenced by its next heartbeat.
 */
final class Probes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Probes.class);
    private static final int MAX_WAITING = 16;

    private final int connectTimeoutMs;
    private final Consumer<FenceBroker> onGone;
    private final Set<Integer> underWay = ConcurrentHashMap.newKeySet();
    private final ThreadPoolExecutor thread;

    /**
     * @param onGone called on a thread of its own
     */
    Probes(String threadName, int connectTimeoutMs, Consumer<FenceBroker> onGone) {
        this.connectTimeoutMs = connectTimeoutMs;
        this.onGone = onGone;
        this.thread =
                new ThreadPoolExecutor(
                        2,
                        2,
                        10,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(MAX_WAITING),
                        task -> {
                            Thread created = new Thread(task, threadName);
                            created.setDaemon(true);
                            return created;
                        });
        this.thread.allowCoreThreadTimeOut(true);
    }

    /** Returns at once; while one is under way for the broker, there is no second. */
    void probe(BrokerRegistration broker) {
        if (broker.peerHost().isEmpty() || !underWay.add(broker.nodeId())) {
            return;
        }
        try {
            thread.execute(() -> run(broker));
        } catch (RejectedExecutionException busyOrClosed) {
            underWay.remove(broker.nodeId());
        }
    }

    private void run(BrokerRegistration broker) {
        int port = new PeerAddress(broker.peerHost(), broker.peerPort()).journalPort();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(broker.peerHost(), port), connectTimeoutMs);
            LOG.debug("Broker {} is silent, but {} is there", broker.nodeId(), socket);
        } catch (ConnectException e) {
            // The same class for what a network drops; its text is that of the system.
            if (String.valueOf(e.getMessage()).contains("refused")) {
                LOG.info("Broker {} is gone: {}", broker.nodeId(), e.getMessage());
                onGone.accept(new FenceBroker(broker.nodeId(), broker.brokerEpoch()));
            }
        } catch (IOException unknown) {
            LOG.debug("Broker {} is silent, and cannot be reached", broker.nodeId(), unknown);
        } finally {
            underWay.remove(broker.nodeId());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

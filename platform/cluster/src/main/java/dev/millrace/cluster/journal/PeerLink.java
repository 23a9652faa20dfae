package dev.millrace.cluster.journal;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.netty.NettyFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeer;

/**
 * Requests to one peer's journal port.
 *
 * <p>Ratis' client connects while the caller waits, under a lock that it also takes to give a
 * connection up, and gives it up on the event loop that would complete the connecting. So every
 * peer has a client and a thread of its own, and nobody else's thread enters it.
 */
final class PeerLink implements AutoCloseable {
    private static final int MAX_WAITING = 1_024;

    private final RaftPeer peer;
    private final RaftClientRpc rpc;
    private final ThreadPoolExecutor thread;

    PeerLink(RaftPeer peer, ClientId clientId, RaftProperties properties) {
        this.peer = peer;
        this.rpc = new NettyFactory(new Parameters()).newRaftClientRpc(clientId, properties);
        this.rpc.addRaftPeers(List.of(peer));
        this.thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        10,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(MAX_WAITING),
                        task -> {
                            Thread created =
                                    new Thread(task, "millrace-journal-to-" + peer.getId());
                            created.setDaemon(true);
                            return created;
                        });
        this.thread.allowCoreThreadTimeOut(true);
    }

    /** HOST:PORT. */
    String address() {
        return peer.getAddress();
    }

    /** Fails with an IOException if the peer is not there, or refuses. */
    CompletableFuture<RaftClientReply> send(RaftClientRequest request) {
        CompletableFuture<RaftClientReply> answer = new CompletableFuture<>();
        try {
            thread.execute(
                    () ->
                            rpc.sendRequestAsync(request)
                                    .whenComplete(
                                            (reply, error) -> {
                                                if (error == null) {
                                                    answer.complete(reply);
                                                } else {
                                                    giveUpConnection(error);
                                                    answer.completeExceptionally(error);
                                                }
                                            }));
        } catch (RejectedExecutionException busyOrClosed) {
            answer.completeExceptionally(
                    new IOException(
                            MAX_WAITING + " requests wait for the connection to " + peer.getId(),
                            busyOrClosed));
        }
        return answer.thenCompose(
                reply ->
                        reply.isSuccess()
                                ? CompletableFuture.completedFuture(reply)
                                : CompletableFuture.failedFuture(reply.getException()));
    }

    /** Else the broken connection would be used for ever. */
    private void giveUpConnection(Throwable error) {
        try {
            thread.execute(() -> rpc.handleException(peer.getId(), error, true));
        } catch (RejectedExecutionException e) {
            // Closed, or so many wait that one of them will meet the same error.
            error.addSuppressed(e);
        }
    }

    @Override
    public void close() throws IOException {
        thread.shutdownNow();
        rpc.close();
    }
}

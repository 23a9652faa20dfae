package dev.millrace.cluster.journal;

import dev.millrace.cluster.QuorumState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.netty.NettyFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/**
 * Brings requests of a node that does not lead to the one that does. They travel as Ratis queries,
 * which the leader's state machine hands to its {@link Proposer}: what becomes a log entry is the
 * decision, not the request. Sent once; whether to ask again is the caller's business.
 *
 * <p>Ratis' client connects while the caller waits, under a lock that it also takes to give a
 * connection up, and gives it up on the event loop that would complete the connecting. So every
 * peer has a client and a thread of its own, and nobody else's thread enters it.
 */
final class LeaderClient implements AutoCloseable {
    private static final int MAX_WAITING = 1_024;

    private final RaftGroup group;
    private final RaftProperties properties;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong nextCallId = new AtomicLong();
    private final Map<RaftPeerId, Link> links = new ConcurrentHashMap<>();

    LeaderClient(RaftGroup group, RaftProperties properties) {
        this.group = group;
        this.properties = properties;
    }

    /** Fails with an ApiException if the leader refuses, with an IOException if it is not there. */
    CompletableFuture<Outcome> ask(RaftPeerId leader, MetadataRequest request) {
        return send(leader, RequestCodec.toBytes(request)).thenApply(RequestCodec::outcome);
    }

    /** How far the others are; fails as {@link #ask} does. */
    CompletableFuture<QuorumState> quorum(RaftPeerId leader) {
        return send(leader, QuorumCodec.question()).thenApply(QuorumCodec::state);
    }

    private CompletableFuture<ByteBuffer> send(RaftPeerId leader, byte[] message) {
        RaftClientRequest query =
                RaftClientRequest.newBuilder()
                        .setClientId(clientId)
                        .setServerId(leader)
                        .setGroupId(group.getGroupId())
                        .setCallId(nextCallId.incrementAndGet())
                        .setMessage(Message.valueOf(ByteString.copyFrom(message)))
                        // The leader decides, and answers for what it decides.
                        .setType(RaftClientRequest.readRequestType(true))
                        .build();
        return links.computeIfAbsent(leader, Link::new)
                .send(query)
                .thenCompose(
                        reply ->
                                reply.isSuccess()
                                        ? CompletableFuture.completedFuture(reply)
                                        : CompletableFuture.failedFuture(reply.getException()))
                .thenApply(reply -> reply.getMessage().getContent().asReadOnlyByteBuffer());
    }

    /** To one peer. */
    private final class Link implements AutoCloseable {
        private final RaftPeerId peer;
        private final RaftClientRpc rpc;
        private final ThreadPoolExecutor thread;

        Link(RaftPeerId peer) {
            this.peer = peer;
            this.rpc = new NettyFactory(new Parameters()).newRaftClientRpc(clientId, properties);
            this.rpc.addRaftPeers(group.getPeers());
            this.thread =
                    new ThreadPoolExecutor(
                            1,
                            1,
                            10,
                            TimeUnit.SECONDS,
                            new ArrayBlockingQueue<>(MAX_WAITING),
                            task -> {
                                Thread created = new Thread(task, "millrace-journal-to-" + peer);
                                created.setDaemon(true);
                                return created;
                            });
            this.thread.allowCoreThreadTimeOut(true);
        }

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
                                MAX_WAITING + " requests wait for the connection to " + peer,
                                busyOrClosed));
            }
            return answer;
        }

        /** Else the broken connection would be used for ever. */
        private void giveUpConnection(Throwable error) {
            try {
                thread.execute(() -> rpc.handleException(peer, error, true));
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

    @Override
    public void close() throws IOException {
        for (Link link : links.values()) {
            link.close();
        }
    }
}

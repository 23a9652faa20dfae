package dev.millrace.cluster.journal;

import dev.millrace.cluster.QuorumState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.netty.NettyFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/**
 * Brings requests of a node that does not lead to the one that does. They travel as Ratis queries,
 * which the leader's state machine hands to its {@link Proposer}: what becomes a log entry is the
 * decision, not the request. Sent once; whether to ask again is the caller's business.
 */
final class LeaderClient implements AutoCloseable {
    private final RaftGroup group;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong nextCallId = new AtomicLong();
    private final RaftClientRpc rpc;

    LeaderClient(RaftGroup group, RaftProperties properties) {
        this.group = group;
        this.rpc = new NettyFactory(new Parameters()).newRaftClientRpc(clientId, properties);
        this.rpc.addRaftPeers(group.getPeers());
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
        return rpc.sendRequestAsync(query)
                .whenComplete(
                        (reply, error) -> {
                            if (error != null) {
                                // Else the broken connection would be used for ever.
                                rpc.handleException(leader, error, true);
                            }
                        })
                .thenCompose(
                        reply ->
                                reply.isSuccess()
                                        ? CompletableFuture.completedFuture(reply)
                                        : CompletableFuture.failedFuture(reply.getException()))
                .thenApply(reply -> reply.getMessage().getContent().asReadOnlyByteBuffer());
    }

    @Override
    public void close() throws IOException {
        rpc.close();
    }
}

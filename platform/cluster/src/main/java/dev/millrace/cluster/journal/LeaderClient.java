package dev.millrace.cluster.journal;

import dev.millrace.cluster.QuorumState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings requests of a node that does not lead to the one that does. They travel as Ratis queries,
 * which the leader's state machine hands to its {@link Proposer}: what becomes a log entry is the
 * decision, not the request. Sent once; whether to ask again is the caller's business.
 */
final class LeaderClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderClient.class);

    private final RaftGroupId group;
    private final RaftProperties properties;
    private final Function<RaftPeerId, @Nullable RaftPeer> members;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong nextCallId = new AtomicLong();
    private final Map<RaftPeerId, PeerLink> links = new ConcurrentHashMap<>();

    /**
     * @param members where a member listens by now; null if it is none
     */
    LeaderClient(
            RaftGroupId group,
            RaftProperties properties,
            Function<RaftPeerId, @Nullable RaftPeer> members) {
        this.group = group;
        this.properties = properties;
        this.members = members;
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
        RaftPeer peer = members.apply(leader);
        if (peer == null) {
            return CompletableFuture.failedFuture(
                    new IOException(leader + " is not a member of the metadata journal"));
        }
        RaftClientRequest query =
                RaftClientRequest.newBuilder()
                        .setClientId(clientId)
                        .setServerId(leader)
                        .setGroupId(group)
                        .setCallId(nextCallId.incrementAndGet())
                        .setMessage(Message.valueOf(ByteString.copyFrom(message)))
                        // The leader decides, and answers for what it decides.
                        .setType(RaftClientRequest.readRequestType(true))
                        .build();
        return link(peer)
                .send(query)
                .thenApply(reply -> reply.getMessage().getContent().asReadOnlyByteBuffer());
    }

    private PeerLink link(RaftPeer peer) {
        return links.compute(
                peer.getId(),
                (id, open) -> {
                    if (open != null && open.address().equals(peer.getAddress())) {
                        return open;
                    }
                    if (open != null) {
                        closeMoved(open);
                    }
                    return new PeerLink(peer, clientId, properties);
                });
    }

    private static void closeMoved(PeerLink link) {
        try {
            link.close();
        } catch (IOException e) {
            LOG.debug("The connection to {} did not close", link.address(), e);
        }
    }

    @Override
    public void close() throws IOException {
        for (PeerLink link : links.values()) {
            link.close();
        }
    }
}

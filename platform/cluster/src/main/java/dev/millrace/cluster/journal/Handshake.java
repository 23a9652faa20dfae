package dev.millrace.cluster.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.netty.NettyConfigKeys;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupListReply;
import org.apache.ratis.protocol.GroupListRequest;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks nodes which cluster they are of, before this node takes part in any: first for the name of
 * the group that they run, then, in that group, for a {@link Hello}. One thread.
 */
final class Handshake implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);

    /**
     * @param group of the journal that the node takes part in
     */
    record Answer(JournalPeer from, UUID group, Hello hello) {}

    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong nextCallId = new AtomicLong();
    private final RaftProperties properties = new RaftProperties();
    private final Map<JournalPeer, PeerLink> links = new LinkedHashMap<>();

    Handshake(List<JournalPeer> peers) {
        NettyConfigKeys.Client.setUseEpoll(properties, false);
        peers.forEach(peer -> links.put(peer, new PeerLink(raft(peer), clientId, properties)));
    }

    private static RaftPeer raft(JournalPeer peer) {
        return RaftPeer.newBuilder()
                .setId(peer.id())
                .setAddress(peer.host() + ":" + peer.port())
                .build();
    }

    /** Of those that answer in time; blocks. */
    List<Answer> ask(long timeoutMs) throws InterruptedException {
        List<CompletableFuture<Answer>> asked = new ArrayList<>();
        links.forEach(
                (peer, link) ->
                        asked.add(ask(peer, link).orTimeout(timeoutMs, TimeUnit.MILLISECONDS)));
        List<Answer> answers = new ArrayList<>();
        for (CompletableFuture<Answer> each : asked) {
            try {
                answers.add(each.get());
            } catch (ExecutionException silent) {
                LOG.debug("No answer", silent);
            }
        }
        return answers;
    }

    private CompletableFuture<Answer> ask(JournalPeer peer, PeerLink link) {
        RaftPeerId id = RaftPeerId.valueOf(peer.id());
        return link.send(
                        new GroupListRequest(
                                clientId, id, RaftGroupId.randomId(), nextCallId.incrementAndGet()))
                .thenCompose(
                        reply -> {
                            List<RaftGroupId> groups = ((GroupListReply) reply).getGroupIds();
                            return groups.isEmpty()
                                    ? CompletableFuture.failedFuture(
                                            new IOException(peer.address() + " is not ready"))
                                    : hello(peer, link, groups.get(0));
                        });
    }

    private CompletableFuture<Answer> hello(JournalPeer peer, PeerLink link, RaftGroupId group) {
        RaftClientRequest question =
                RaftClientRequest.newBuilder()
                        .setClientId(clientId)
                        .setServerId(RaftPeerId.valueOf(peer.id()))
                        .setGroupId(group)
                        .setCallId(nextCallId.incrementAndGet())
                        .setMessage(Message.valueOf(ByteString.copyFrom(Hello.question())))
                        .setType(RaftClientRequest.staleReadRequestType(0))
                        .build();
        return link.send(question)
                .thenApply(
                        reply ->
                                new Answer(
                                        peer,
                                        group.getUuid(),
                                        Hello.fromBytes(
                                                reply.getMessage()
                                                        .getContent()
                                                        .asReadOnlyByteBuffer())));
    }

    @Override
    public void close() {
        for (PeerLink link : links.values()) {
            try {
                link.close();
            } catch (IOException e) {
                LOG.debug("The connection to {} did not close", link.address(), e);
            }
        }
    }
}

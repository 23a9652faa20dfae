package dev.millrace.cluster.journal;

import dev.millrace.cluster.QuorumState;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.netty.NettyConfigKeys;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Raft group, one state machine, entries appended by the leader's own process. Every entry is
 * fsynced by a majority before it is answered. Ratis' Netty transport: against its gRPC one it
 * loads 400 classes less and leads 50 ms earlier, and a metadata journal has no throughput to gain.
 */
final class RatisJournal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RatisJournal.class);

    /** Larger than any entry: see {@link Proposer#MAX_ENTRY_BYTES}. */
    private static final SizeInBytes MAX_ENTRY = SizeInBytes.valueOf("3MB");

    private static final int SNAPSHOTS_KEPT = 2;
    private static final long QUORUM_TIMEOUT_MS = 5_000;

    /** Twice the longest election timeout: by then others have had their chance. */
    private static final long LONG_PAUSE_MS = 2_000;

    /** How an append ended. */
    enum Appended {
        /** Committed, and applied on this node. */
        APPLIED,
        /** Committed, but decided on a state that had moved on: nothing was changed. */
        STALE,
        /** This node does not lead, or not yet. */
        NOT_LEADER,
        /** Nobody knows whether it will be committed. */
        UNKNOWN
    }

    private final RaftServer server;
    private final RaftGroupId groupId;
    private final JournalOptions options;
    private final String clusterId; // as known at the start
    private final int nodeId;
    private final boolean alone;
    private final JournalStateMachine stateMachine;
    private final RaftPeerId self;
    private final LeaderClient leaderClient;
    private final ClientId clientId = ClientId.randomId();
    private final AtomicLong nextCallId = new AtomicLong();

    private RatisJournal(
            JournalOptions options,
            Admission admission,
            RaftServer server,
            RaftGroup group,
            RaftProperties properties,
            JournalStateMachine stateMachine) {
        this.options = options;
        this.clusterId = admission.identity().clusterId();
        this.nodeId = options.nodeId();
        this.alone = options.alone();
        this.self = RaftPeerId.valueOf(admission.identity().self());
        this.server = server;
        this.groupId = group.getGroupId();
        this.stateMachine = stateMachine;
        this.leaderClient = new LeaderClient(groupId, properties, this::member);
    }

    /** Blocks until the server runs, not until it leads. */
    static RatisJournal start(
            JournalOptions options,
            Admission admission,
            JournalListener listener,
            Consumer<Boolean> onPlaced,
            Function<MetadataRequest, CompletableFuture<Outcome>> decider)
            throws IOException {
        checkPort(options);
        TornTail.cut(options.directory());
        AtomicReference<@Nullable RatisJournal> running = new AtomicReference<>();
        JournalStateMachine stateMachine =
                new JournalStateMachine(
                        options.rules().features(),
                        listener,
                        decider,
                        () -> quorum(running.get()),
                        () -> hello(running.get()),
                        onPlaced);
        List<RaftPeer> peers = admission.members().stream().map(RatisJournal::raftPeer).toList();
        RaftGroup group =
                RaftGroup.valueOf(RaftGroupId.valueOf(admission.identity().group()), peers);
        RaftProperties properties = properties(options);
        RaftServer server =
                RaftServer.newBuilder()
                        .setServerId(RaftPeerId.valueOf(admission.identity().self()))
                        .setGroup(group)
                        .setProperties(properties)
                        .setStateMachine(stateMachine)
                        .setOption(StartupOption.RECOVER)
                        .build();
        try {
            server.start();
        } catch (IOException | RuntimeException e) {
            // A server that failed to start does not stop what it had started already.
            try (server;
                    RaftServer.Division started = server.getDivision(group.getGroupId())) {
                LOG.debug("Closing {}", started);
            }
            throw e;
        }
        RatisJournal journal =
                new RatisJournal(options, admission, server, group, properties, stateMachine);
        running.set(journal);
        return journal;
    }

    /** Before anything is started: Ratis binds last. */
    private static void checkPort(JournalOptions options) throws IOException {
        InetAddress address = InetAddress.getByName(options.self().host());
        try (ServerSocket probe = new ServerSocket(options.self().port(), 1, address)) {
            LOG.debug("{} is free", probe);
        }
    }

    private static RaftProperties properties(JournalOptions options) {
        RaftProperties properties = new RaftProperties();
        File directory = options.directory().toFile();
        RaftServerConfigKeys.setStorageDir(properties, List.of(directory));
        RaftServerConfigKeys.setRemovedGroupsDir(properties, new File(directory, "removed"));
        RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.NETTY);
        NettyConfigKeys.Server.setHost(properties, options.self().host());
        NettyConfigKeys.Server.setPort(properties, options.self().port());
        // Epoll means unpacking a native library at every start; this transport is not hot.
        NettyConfigKeys.Server.setUseEpoll(properties, false);
        NettyConfigKeys.Client.setUseEpoll(properties, false);
        if (options.alone()) {
            // Nobody else can be leading: do not wait for its heartbeat.
            RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, millis(1));
            RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, millis(2));
        } else {
            // Ratis' 150 ms make a busy machine vote when it should work.
            RaftServerConfigKeys.Rpc.setTimeoutMin(properties, millis(500));
            RaftServerConfigKeys.Rpc.setTimeoutMax(properties, millis(1_000));
            // Nobody waits at the start for somebody who is not there: where there is a leader, the
            // others say so when they are asked whether they would vote.
            RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, millis(100));
            RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, millis(400));
            // See spread().
            RaftServerConfigKeys.Read.setOption(
                    properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        }
        // A follower whose timer is late by more than this does not stand for election that time.
        // With Ratis' 300 ms nobody stands for half a minute on a machine that wants many times its
        // processors; and who stands without need is told so in the vote before the vote.
        RaftServerConfigKeys.setSleepDeviationThreshold(properties, millis(LONG_PAUSE_MS));
        // How long a leader that has not heard of a majority for a moment lets others stand first
        // (Ratis: 10 s, in which it may be the only one that could lead), and the pause after
        // which it steps down by itself.
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
                properties, millis(LONG_PAUSE_MS));
        // Ratis closes the server after a pause of a minute. A suspended laptop is no reason to.
        RaftServerConfigKeys.setCloseThreshold(
                properties, TimeDuration.valueOf(10_000, TimeUnit.DAYS));
        logLimits(properties);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, options.snapshotEvery());
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, SNAPSHOTS_KEPT);
        return properties;
    }

    private static void logLimits(RaftProperties properties) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("64KB"));
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("16MB"));
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, MAX_ENTRY);
        RaftServerConfigKeys.Log.setWriteBufferSize(
                properties, SizeInBytes.valueOf(MAX_ENTRY.getSize() + 64));
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        // Commit indexes in the log would double the fsyncs, to learn at restart what the first
        // heartbeat of the leader tells anyway.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        RaftServerConfigKeys.Write.setElementLimit(properties, 64);
    }

    private static TimeDuration millis(long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }

    static RaftPeer raftPeer(JournalPeer peer) {
        return RaftPeer.newBuilder()
                .setId(peer.id())
                .setAddress(peer.host() + ":" + peer.port())
                .setStartupRole(peer.voter() ? RaftPeerRole.FOLLOWER : RaftPeerRole.LISTENER)
                .build();
    }

    // ---- members

    /** Voters first; of this node, where it listens by now. Any thread. */
    List<JournalPeer> members() {
        List<JournalPeer> members = new ArrayList<>();
        RaftConfiguration now = configuration();
        if (now != null) {
            now.getCurrentPeers(RaftPeerRole.FOLLOWER)
                    .forEach(peer -> members.add(journalPeer(peer, true)));
            now.getCurrentPeers(RaftPeerRole.LISTENER)
                    .forEach(peer -> members.add(journalPeer(peer, false)));
        }
        return members;
    }

    private @Nullable RaftConfiguration configuration() {
        try {
            return server.getDivision(groupId).getRaftConf();
        } catch (IOException closed) {
            return null;
        }
    }

    private JournalPeer journalPeer(RaftPeer peer, boolean voter) {
        if (peer.getId().equals(self)) {
            return options.self().named(self.toString()).voting(voter);
        }
        String address = peer.getAddress();
        int colon = address.lastIndexOf(':');
        return new JournalPeer(
                peer.getId().toString(),
                address.substring(0, colon),
                Integer.parseInt(address.substring(colon + 1)),
                voter);
    }

    private @Nullable RaftPeer member(RaftPeerId id) {
        RaftConfiguration now = configuration();
        return now == null ? null : now.getPeer(id, RaftPeerRole.FOLLOWER, RaftPeerRole.LISTENER);
    }

    /**
     * As the leader: other members from now on. New ones have to run, and are brought up to date
     * first. Fails with an IOException if they are not, if another change is under way, or if this
     * node does not lead.
     */
    CompletableFuture<Void> change(List<JournalPeer> members) {
        SetConfigurationRequest request =
                new SetConfigurationRequest(
                        clientId,
                        self,
                        groupId,
                        nextCallId.incrementAndGet(),
                        SetConfigurationRequest.Arguments.newBuilder()
                                .setServersInNewConf(peers(members, true))
                                .setListenersInNewConf(peers(members, false))
                                .build());
        try {
            return server.setConfigurationAsync(request)
                    .thenCompose(
                            reply ->
                                    reply.isSuccess()
                                            ? CompletableFuture.completedFuture(null)
                                            : CompletableFuture.failedFuture(reply.getException()));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static List<RaftPeer> peers(List<JournalPeer> members, boolean voters) {
        return members.stream()
                .filter(member -> member.voter() == voters)
                .map(RatisJournal::raftPeer)
                .toList();
    }

    private static Hello hello(@Nullable RatisJournal journal) {
        if (journal == null) {
            throw new NotLeaderOrFollowerException("the journal is starting");
        }
        RaftPeerId leader;
        try {
            leader = journal.server.getDivision(journal.groupId).getInfo().getLeaderId();
        } catch (IOException e) {
            throw new NotLeaderOrFollowerException("the journal is closed", e);
        }
        String decided = journal.state().clusterId();
        return new Hello(
                decided.isEmpty() ? journal.clusterId : decided,
                leader == null ? Leadership.NONE : leader.toString(),
                journal.members());
    }

    /** -1 if it has not registered yet. */
    private int nodeId(String peerId) {
        return peerId.equals(self.toString()) ? nodeId : state().nodeIdAt(peerId);
    }

    MetadataState state() {
        return stateMachine.state();
    }

    /** Appends on this node if it leads. Never fails: the outcome is a value. */
    CompletableFuture<Appended> append(JournalEntry entry) {
        RaftClientRequest request =
                RaftClientRequest.newBuilder()
                        .setClientId(clientId)
                        .setServerId(self)
                        .setGroupId(groupId)
                        .setCallId(nextCallId.incrementAndGet())
                        .setMessage(Message.valueOf(ByteString.copyFrom(entry.toBytes())))
                        .setType(RaftClientRequest.writeRequestType())
                        .build();
        try {
            return server.submitClientRequestAsync(request)
                    .handle((reply, error) -> error != null ? outcome(error) : outcome(reply))
                    .whenComplete(
                            (appended, error) -> {
                                if (appended == Appended.APPLIED && !alone) {
                                    spread();
                                }
                            });
        } catch (IOException e) {
            return CompletableFuture.completedFuture(outcome(e));
        }
    }

    /**
     * Followers learn what is committed with the next message of the leader, which may be its next
     * heartbeat, a quarter of a second later. A linearizable read makes the leader send one now.
     */
    private void spread() {
        RaftClientRequest read =
                RaftClientRequest.newBuilder()
                        .setClientId(clientId)
                        .setServerId(self)
                        .setGroupId(groupId)
                        .setCallId(nextCallId.incrementAndGet())
                        .setType(RaftClientRequest.readRequestType(false, false, true))
                        .build();
        try {
            server.submitClientRequestAsync(read)
                    .whenComplete(
                            (reply, error) -> {
                                if (error != null) {
                                    LOG.debug("Followers were not told at once", error);
                                }
                            });
        } catch (IOException e) {
            LOG.debug("Followers were not told at once", e);
        }
    }

    /**
     * Whether this node still leads, as far as a majority told it within the last {@code maxMs}: a
     * leader that is cut off does not know at once.
     */
    boolean isConfirmedLeader(long maxMs) {
        DivisionInfo info;
        try {
            info = server.getDivision(groupId).getInfo();
        } catch (IOException e) {
            return false;
        }
        if (!info.isLeader()) {
            return false;
        }
        Set<String> voters = voters();
        int heard = 1;
        for (ServerRpcProto follower :
                info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList()) {
            boolean votes = voters.contains(follower.getId().getId().toStringUtf8());
            if (votes && follower.getLastRpcElapsedTimeMs() <= maxMs) {
                heard++;
            }
        }
        return heard > voters.size() / 2;
    }

    /** {@link JournalPeer#id}. */
    private Set<String> voters() {
        return members().stream()
                .filter(JournalPeer::voter)
                .map(JournalPeer::id)
                .collect(Collectors.toSet());
    }

    private static Appended outcome(RaftClientReply reply) {
        if (!reply.isSuccess()) {
            return outcome(reply.getException());
        }
        return reply.getMessage().getContent().equals(JournalStateMachine.APPLIED.getContent())
                ? Appended.APPLIED
                : Appended.STALE;
    }

    private static Appended outcome(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof NotLeaderException
                    || cause instanceof LeaderNotReadyException
                    || cause instanceof LeaderSteppingDownException
                    || cause instanceof ServerNotReadyException
                    || cause instanceof ResourceUnavailableException) {
                return Appended.NOT_LEADER;
            }
        }
        return Appended.UNKNOWN;
    }

    /** As the leader sees it. */
    CompletableFuture<QuorumState> quorum(String leaderId) {
        if (leaderId.equals(Leadership.NONE)) {
            return CompletableFuture.failedFuture(
                    new NotLeaderOrFollowerException("the metadata journal has no leader now"));
        }
        try {
            return leaderId.equals(self.toString())
                    ? CompletableFuture.completedFuture(quorum(this))
                    : leaderClient
                            .quorum(RaftPeerId.valueOf(leaderId))
                            .orTimeout(QUORUM_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (NotLeaderOrFollowerException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static QuorumState quorum(@Nullable RatisJournal journal) {
        if (journal == null) {
            throw new NotLeaderOrFollowerException("the journal is starting");
        }
        return journal.ownQuorum();
    }

    /**
     * @throws NotLeaderOrFollowerException this node does not lead
     */
    private QuorumState ownQuorum() {
        RaftServer.Division division;
        try {
            division = server.getDivision(groupId);
        } catch (IOException e) {
            throw new NotLeaderOrFollowerException("the journal is closed", e);
        }
        DivisionInfo info = division.getInfo();
        if (!info.isLeader()) {
            throw new NotLeaderOrFollowerException(
                    "%s leads the journal, not this node".formatted(info.getLeaderId()));
        }
        long nowMs = System.currentTimeMillis();
        long nextIndex = division.getRaftLog().getNextIndex();
        List<QuorumState.Voter> voting = new ArrayList<>();
        List<QuorumState.Voter> observers = new ArrayList<>();
        voting.add(voter(server.getServerRpc().getInetSocketAddress(), nextIndex, nowMs));
        // Both lists are made from the leader's appenders, in their order.
        long[] matched = info.getFollowerMatchIndices();
        Set<String> voters = voters();
        List<ServerRpcProto> followers =
                info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        for (int i = 0; i < Math.min(matched.length, followers.size()); i++) {
            ServerRpcProto follower = followers.get(i);
            String[] address = follower.getId().getAddress().split(":", -1);
            long lastMs = nowMs - follower.getLastRpcElapsedTimeMs();
            boolean votes = voters.contains(follower.getId().getId().toStringUtf8());
            (votes ? voting : observers)
                    .add(
                            new QuorumState.Voter(
                                    nodeId(follower.getId().getId().toStringUtf8()),
                                    address[0],
                                    Integer.parseInt(address[address.length - 1]),
                                    matched[i] + 1,
                                    lastMs,
                                    matched[i] + 1 >= nextIndex ? lastMs : -1));
        }
        return new QuorumState(
                nodeId,
                (int) info.getCurrentTerm(),
                division.getRaftLog().getLastCommittedIndex() + 1,
                voting,
                observers);
    }

    private QuorumState.Voter voter(InetSocketAddress address, long nextIndex, long nowMs) {
        return new QuorumState.Voter(
                nodeId, address.getHostString(), address.getPort(), nextIndex, nowMs, nowMs);
    }

    /** Asks the node that leads; see {@link LeaderClient#ask}. */
    CompletableFuture<Outcome> askLeader(String leaderId, MetadataRequest request) {
        return leaderClient.ask(RaftPeerId.valueOf(leaderId), request);
    }

    /** The request was not even looked at: asking again, perhaps elsewhere, cannot do it twice. */
    static boolean isNotLeader(Throwable error) {
        return outcome(error) == Appended.NOT_LEADER;
    }

    @Override
    public void close() throws IOException {
        stateMachine.closing();
        leaderClient.close();
        server.close();
    }
}

package dev.millrace.cluster.journal;

import dev.millrace.cluster.FinalizedFeatures;
import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import java.io.File;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/**
 * Hands committed entries to {@link MetadataState} and states to snapshot files; decides nothing.
 * Ratis calls it from one thread for applying and snapshots, and from its own for events.
 */
final class JournalStateMachine extends BaseStateMachine {
    /** The entry was applied. */
    static final Message APPLIED = Message.valueOf(ByteString.copyFrom(new byte[] {1}));

    /** The state had moved since the decision; nothing was changed. */
    static final Message STALE = Message.valueOf(ByteString.copyFrom(new byte[] {0}));

    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private final Map<String, VersionRange> features;
    private final JournalListener listener;
    private final Function<MetadataRequest, CompletableFuture<Outcome>> decider;
    private final Supplier<QuorumState> quorum;
    private final Supplier<Hello> hello;
    private final Consumer<Boolean> onPlaced;
    private volatile boolean closing;
    private volatile MetadataState state = MetadataState.EMPTY;

    /**
     * @param features that this version works at
     * @param decider answers requests that other nodes bring to this one when it leads
     * @param quorum as this node sees it; throws if it does not lead
     * @param hello what this node tells those that ask which cluster it is of
     * @param onPlaced told whether this node votes, with each change of the members
     */
    JournalStateMachine(
            Map<String, VersionRange> features,
            JournalListener listener,
            Function<MetadataRequest, CompletableFuture<Outcome>> decider,
            Supplier<QuorumState> quorum,
            Supplier<Hello> hello,
            Consumer<Boolean> onPlaced) {
        this.features = features;
        this.hello = hello;
        this.onPlaced = onPlaced;
        this.quorum = quorum;
        this.listener = listener;
        this.decider = decider;
    }

    MetadataState state() {
        return state;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage)
            throws IOException {
        getLifeCycle()
                .startAndTransition(
                        () -> {
                            super.initialize(server, groupId, raftStorage);
                            storage.init(raftStorage);
                            loadLatestSnapshot();
                        },
                        IOException.class);
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        storage.loadLatestSnapshot();
        try {
            loadLatestSnapshot();
        } catch (IOException | RuntimeException e) {
            // It came from the leader, which would send it again and again.
            listener.failed(e);
            throw e;
        }
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    private void loadLatestSnapshot() throws IOException {
        SingleFileSnapshotInfo latest = storage.getLatestSnapshot();
        if (latest == null) {
            return;
        }
        become(SnapshotFile.read(latest.getFile().getPath()));
        setLastAppliedTermIndex(latest.getTermIndex());
        listener.applied(state);
    }

    /**
     * @throws IllegalStateException this version cannot work at the levels of that state
     */
    private void become(MetadataState next) {
        FinalizedFeatures finalized = next.settings().features();
        if (!finalized.equals(state.settings().features())) {
            SupportedFeatures.misfit(features, finalized)
                    .ifPresent(
                            misfit -> {
                                throw new IllegalStateException(misfit);
                            });
        }
        state = next;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto logEntry = transaction.getLogEntry();
        try {
            ByteString data = logEntry.getStateMachineLogEntry().getLogData();
            JournalEntry entry = JournalEntry.fromBytes(data.asReadOnlyByteBuffer());
            entry.requireFor(state);
            boolean current = entry.basedOn() == state.version();
            if (current) {
                become(state.replay(entry.records(), logEntry.getIndex()));
            }
            updateLastAppliedTermIndex(logEntry.getTerm(), logEntry.getIndex());
            if (current) {
                listener.applied(state);
            }
            return CompletableFuture.completedFuture(current ? APPLIED : STALE);
        } catch (RuntimeException e) {
            // Ratis stops the server on what is thrown here; the node has to know why.
            listener.failed(e);
            throw e;
        }
    }

    /**
     * Ratis' word for what does not go into the log itself: here, the request before a decision.
     */
    @Override
    public CompletableFuture<Message> query(Message request) {
        if (QuorumCodec.isQuestion(request.getContent().asReadOnlyByteBuffer())) {
            return CompletableFuture.completedFuture(quorum)
                    .thenApply(Supplier::get)
                    .handle(
                            (state, error) ->
                                    error == null
                                            ? QuorumCodec.toBytes(state)
                                            : RequestCodec.refused(error))
                    .thenApply(bytes -> Message.valueOf(ByteString.copyFrom(bytes)));
        }
        return CompletableFuture.completedFuture(request)
                .thenApply(r -> RequestCodec.request(r.getContent().asReadOnlyByteBuffer()))
                .thenCompose(decider)
                .handle(
                        (outcome, error) ->
                                error == null
                                        ? RequestCodec.granted(outcome)
                                        : RequestCodec.refused(error))
                .thenApply(bytes -> Message.valueOf(ByteString.copyFrom(bytes)));
    }

    /** Asked of any node, whether it leads or not. */
    @Override
    public CompletableFuture<Message> queryStale(Message request, long minIndex) {
        return CompletableFuture.completedFuture(request)
                .thenApply(
                        question -> {
                            if (!Hello.isQuestion(question.getContent().asReadOnlyByteBuffer())) {
                                throw new IllegalStateException(
                                        "A node asked what this version does not know");
                            }
                            return Message.valueOf(ByteString.copyFrom(hello.get().toBytes()));
                        });
    }

    /** Ratis would go on without the snapshot; a disk that fails once is not to be trusted. */
    @Override
    public long takeSnapshot() throws IOException {
        try {
            return writeSnapshot();
        } catch (IOException e) {
            listener.failed(e);
            throw e;
        }
    }

    private long writeSnapshot() throws IOException {
        TermIndex last = getLastAppliedTermIndex();
        File file = storage.getSnapshotFile(last.getTerm(), last.getIndex());
        SnapshotFile.write(file.toPath(), state);
        MD5Hash digest = MD5FileUtil.computeAndSaveMd5ForFile(file);
        storage.updateLatestSnapshot(
                new SingleFileSnapshotInfo(
                        new FileInfo(file.toPath(), digest), last.getTerm(), last.getIndex()));
        return last.getIndex();
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, @Nullable RaftPeerId newLeader) {
        listener.leaderChanged(newLeader == null ? "" : newLeader.toString());
    }

    @Override
    public void notifyLeaderReady() {
        listener.leaderReady();
    }

    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto members) {
        onPlaced.accept(
                members.getPeersList().stream()
                        .anyMatch(peer -> peer.getId().toStringUtf8().equals(getId().toString())));
    }

    /** Ratis is about to be closed by this node itself. */
    void closing() {
        closing = true;
    }

    /** Ratis ends a member that the others have removed. */
    @Override
    public void notifyServerShutdown(RoleInfoProto role, boolean allGroups) {
        if (!closing && !allGroups) {
            listener.failed(
                    new IOException(
                            "the other nodes have removed this one from the cluster; start it with"
                                    + " an empty directory, and it joins anew"));
        }
    }

    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
        listener.failed(cause);
    }
}

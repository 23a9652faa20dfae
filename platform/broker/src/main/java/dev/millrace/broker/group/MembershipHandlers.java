package dev.millrace.broker.group;

import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** JoinGroup, SyncGroup, Heartbeat, LeaveGroup: wire messages to commands and back. */
final class MembershipHandlers {
    private static final short JOIN_MEMBER_ID_REQUIRED = 4;
    private static final short JOIN_NULLABLE_PROTOCOL = 7;
    private static final short JOIN_SKIP_ASSIGNMENT = 9;
    private static final short LEAVE_SEVERAL = 3;
    private static final int SYNC_NAMES_PROTOCOL = 5;

    private final GroupCoordinator coordinator;
    private final Leaving goodByes;

    MembershipHandlers(GroupCoordinator coordinator, Leaving goodByes) {
        this.coordinator = coordinator;
        this.goodByes = goodByes;
    }

    Future<JoinGroupResponseData> join(RequestContext context, JoinGroupRequestData request) {
        if (request.groupId().isEmpty()) {
            return Future.succeededFuture(
                    refused(context, request.memberId(), Errors.INVALID_GROUP_ID));
        }
        return coordinator
                .onShard(
                        request.groupId(),
                        shard ->
                                shard.join(
                                        request.groupId(),
                                        waiter -> command(context, request, waiter)))
                .map(answer -> response(context, answer))
                .otherwise(
                        failure ->
                                refused(context, request.memberId(), Errors.forException(failure)));
    }

    private static GroupCommand.Join command(
            RequestContext context, JoinGroupRequestData request, long waiter) {
        String instanceId = request.groupInstanceId();
        String idPrefix = instanceId != null ? instanceId : context.clientId();
        return new GroupCommand.Join(
                waiter,
                request.memberId(),
                idPrefix + "-" + UUID.randomUUID(),
                instanceId,
                context.clientId(),
                "/" + context.client().getAddress().getHostAddress(),
                request.sessionTimeoutMs(),
                // Before v1 the session timeout bounded the rebalance too.
                request.rebalanceTimeoutMs() < 0
                        ? request.sessionTimeoutMs()
                        : request.rebalanceTimeoutMs(),
                request.protocolType(),
                request.protocols().stream()
                        .map(p -> new Member.Protocol(p.name(), Bytes.of(p.metadata())))
                        .toList(),
                context.version() >= JOIN_MEMBER_ID_REQUIRED && instanceId == null,
                context.version() >= JOIN_SKIP_ASSIGNMENT);
    }

    private static JoinGroupResponseData response(RequestContext context, Answer answer) {
        if (answer instanceof Answer.JoinRefused refused) {
            return refused(context, refused.memberId(), refused.error());
        } else if (answer instanceof Answer.Joined joined) {
            return new JoinGroupResponseData()
                    .setGenerationId(joined.generation())
                    .setProtocolType(joined.protocolType())
                    .setProtocolName(joined.protocol())
                    .setLeader(joined.leaderId())
                    .setSkipAssignment(joined.skipAssignment())
                    .setMemberId(joined.memberId())
                    .setMembers(
                            joined.members().stream()
                                    .map(
                                            member ->
                                                    new JoinGroupResponseData
                                                                    .JoinGroupResponseMember()
                                                            .setMemberId(member.memberId())
                                                            .setGroupInstanceId(member.instanceId())
                                                            .setMetadata(
                                                                    member.metadata(
                                                                                    joined
                                                                                            .protocol())
                                                                            .array()))
                                    .toList());
        }
        throw new IllegalStateException("JoinGroup was answered with " + answer);
    }

    private static JoinGroupResponseData refused(
            RequestContext context, String memberId, Errors error) {
        return new JoinGroupResponseData()
                .setErrorCode(error.code())
                .setMemberId(memberId)
                .setProtocolName(context.version() >= JOIN_NULLABLE_PROTOCOL ? null : "");
    }

    Future<SyncGroupResponseData> sync(RequestContext context, SyncGroupRequestData request) {
        if (request.groupId().isEmpty()) {
            return Future.succeededFuture(syncRefused(Errors.INVALID_GROUP_ID));
        }
        if (context.version() >= SYNC_NAMES_PROTOCOL
                && (request.protocolType() == null || request.protocolName() == null)) {
            return Future.succeededFuture(syncRefused(Errors.INCONSISTENT_GROUP_PROTOCOL));
        }
        return coordinator
                .onShard(
                        request.groupId(),
                        shard -> shard.sync(request.groupId(), waiter -> command(request, waiter)))
                .map(MembershipHandlers::response)
                .otherwise(failure -> syncRefused(Errors.forException(failure)));
    }

    private static GroupCommand.Sync command(SyncGroupRequestData request, long waiter) {
        Map<String, Bytes> assignments = new HashMap<>();
        request.assignments().forEach(a -> assignments.put(a.memberId(), Bytes.of(a.assignment())));
        return new GroupCommand.Sync(
                waiter,
                request.memberId(),
                request.groupInstanceId(),
                request.generationId(),
                request.protocolType(),
                request.protocolName(),
                assignments);
    }

    private static SyncGroupResponseData response(Answer answer) {
        if (answer instanceof Answer.SyncRefused refused) {
            return syncRefused(refused.error());
        } else if (answer instanceof Answer.Synced synced) {
            return new SyncGroupResponseData()
                    .setProtocolType(synced.protocolType())
                    .setProtocolName(synced.protocol())
                    .setAssignment(synced.assignment().array());
        }
        throw new IllegalStateException("SyncGroup was answered with " + answer);
    }

    private static SyncGroupResponseData syncRefused(Errors error) {
        return new SyncGroupResponseData().setErrorCode(error.code()).setAssignment(new byte[0]);
    }

    Future<HeartbeatResponseData> heartbeat(RequestContext context, HeartbeatRequestData request) {
        if (request.groupId().isEmpty()) {
            return Future.succeededFuture(
                    new HeartbeatResponseData().setErrorCode(Errors.INVALID_GROUP_ID.code()));
        }
        return coordinator
                .onShard(
                        request.groupId(),
                        shard ->
                                Future.succeededFuture(
                                        shard.heartbeat(
                                                request.groupId(),
                                                request.memberId(),
                                                request.groupInstanceId(),
                                                request.generationId())))
                .otherwise(Errors::forException)
                .map(error -> new HeartbeatResponseData().setErrorCode(error.code()));
    }

    Future<LeaveGroupResponseData> leave(RequestContext context, LeaveGroupRequestData request) {
        if (request.groupId().isEmpty()) {
            return Future.succeededFuture(left(Errors.INVALID_GROUP_ID));
        }
        return goodByes.deliver(
                request.groupId(),
                context.api(),
                context.version(),
                request,
                LeaveGroupResponseData.class,
                () -> leave(context.version(), request),
                answer -> Errors.forCode(answer.errorCode()));
    }

    private Future<LeaveGroupResponseData> leave(short version, LeaveGroupRequestData request) {
        boolean several = version >= LEAVE_SEVERAL;
        List<LeaveGroupRequestData.MemberIdentity> leaving =
                several
                        ? request.members()
                        : List.of(
                                new LeaveGroupRequestData.MemberIdentity()
                                        .setMemberId(request.memberId()));
        return coordinator
                .onShard(
                        request.groupId(),
                        shard ->
                                shard.leave(
                                        request.groupId(),
                                        leaving.stream()
                                                .map(
                                                        m ->
                                                                new GroupCommand.Leave(
                                                                        m.memberId(),
                                                                        m.groupInstanceId()))
                                                .toList()))
                .map(errors -> several ? left(leaving, errors) : left(errors.get(0)))
                .otherwise(failure -> left(Errors.forException(failure)));
    }

    private static LeaveGroupResponseData left(Errors error) {
        return new LeaveGroupResponseData().setErrorCode(error.code());
    }

    private static LeaveGroupResponseData left(
            List<LeaveGroupRequestData.MemberIdentity> leaving, List<Errors> errors) {
        LeaveGroupResponseData response = new LeaveGroupResponseData();
        for (int i = 0; i < leaving.size(); i++) {
            response.members()
                    .add(
                            new LeaveGroupResponseData.MemberResponse()
                                    .setMemberId(leaving.get(i).memberId())
                                    .setGroupInstanceId(leaving.get(i).groupInstanceId())
                                    .setErrorCode(errors.get(i).code()));
        }
        return response;
    }
}

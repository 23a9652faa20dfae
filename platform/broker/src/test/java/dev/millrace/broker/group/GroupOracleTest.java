package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.LiveGroups;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.common.runtime.CoordinatorResult;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The same requests, at the same times, to Apache's group coordinator and to ours: the same
 * answers, the same records, the same group. Now and then both begin anew, each from the records of
 * the other.
 *
 * <p>{@code -Dmillrace.oracle.runs=5000} plays longer; {@code -Dmillrace.oracle.seed=…} plays one
 * run again.
 */
class GroupOracleTest {
    private static final String GROUP = "g";
    private static final int STEPS = 80;

    @Test
    void our_coordinator_does_what_apaches_does() {
        Long again = Long.getLong("millrace.oracle.seed");
        int runs = again != null ? 1 : Integer.getInteger("millrace.oracle.runs", 1_000);
        // The same stories in every build; others where more are asked for.
        boolean longer = System.getProperty("millrace.oracle.runs") != null;
        long first = again != null ? again : longer ? System.nanoTime() : 1;
        int steps = 0;
        for (int run = 0; run < runs; run++) {
            long seed = first + run;
            Run played = new Run(seed);
            try {
                played.play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + "\n" + played.story(), e);
            }
            steps += played.steps;
        }
        assertThat(steps).as("steps played").isGreaterThan(runs * STEPS / 3);
    }

    /** From here on the two differ for a reason that is none of ours. */
    private static final class StoriesPart extends RuntimeException {
        private static final long serialVersionUID = 1;

        private StoriesPart(String why) {
            super(why);
        }

        private StoriesPart(String why, Throwable cause) {
            super(why, cause);
        }
    }

    /** A request that waits on both sides. */
    private static final class Pending<T> {
        private final CompletableFuture<T> theirs;
        private final Future<String> ours;

        private Pending(CompletableFuture<T> theirs, Future<String> ours) {
            this.theirs = theirs;
            this.ours = ours;
        }
    }

    private static final class Actor {
        private final String name;
        private final boolean consumer;
        private final @Nullable String instanceId;
        private String memberId = "";
        private int epoch;
        private Map<Uuid, Set<Integer>> owned = new HashMap<>();
        private @Nullable Pending<JoinGroupResponseData> join;
        private @Nullable Pending<SyncGroupResponseData> sync;
        private List<String> toAssign = List.of();
        private boolean mustSync;

        private Actor(String name, boolean consumer, @Nullable String instanceId) {
            this.name = name;
            this.consumer = consumer;
            this.instanceId = instanceId;
        }

        private void forget() {
            epoch = 0;
            owned = new HashMap<>();
            mustSync = false;
        }
    }

    private static final class NoLiveGroups implements LiveGroups {
        @Override
        public CompletionStage<Boolean> put(String groupId, int epoch, byte[] state) {
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<Optional<byte[]>> get(String groupId) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletionStage<Boolean> remove(String groupId, int epoch) {
            return CompletableFuture.completedFuture(true);
        }
    }

    private static final class Run {
        private final Random random;
        private final Map<String, String> properties = new HashMap<>();
        private final FakeCluster cluster = new FakeCluster();
        private final List<Actor> actors = new ArrayList<>();
        private final StringBuilder story = new StringBuilder();
        private final List<GroupRecord> ourRecords = new ArrayList<>();
        private long nowMs = 1_700_000_000_000L;
        private ApacheShard theirs;
        private GroupShard ours;
        private int theirRecordsSeen;
        private int ourRecordsSeen;
        private int steps;
        private int ids;

        private Run(long seed) {
            random = new Random(seed);
            properties.put("group.consumer.heartbeat.interval.ms", "5000");
            properties.put("group.consumer.assignors", "range");
            properties.put("group.initial.rebalance.delay.ms", random.nextBoolean() ? "0" : "3000");
            properties.put(
                    "group.consumer.assignment.interval.ms", random.nextBoolean() ? "0" : "1000");
            properties.put(
                    "group.consumer.migration.policy",
                    pick("bidirectional", "bidirectional", "upgrade", "downgrade", "disabled"));
            properties.put("group.consumer.max.size", random.nextInt(4) == 0 ? "3" : "100");
            properties.put("group.max.size", random.nextInt(4) == 0 ? "2" : "100");
            properties.put("offsets.retention.minutes", "10");
            for (int i = 0; i < 3; i++) {
                cluster.create("t" + i, 1 + random.nextInt(4));
            }
            boolean mixed = random.nextInt(3) > 0;
            int consumers = mixed ? 2 : random.nextInt(4);
            for (int i = 0; i < consumers; i++) {
                actors.add(new Actor("c" + i, true, instanceId(i)));
            }
            int classics = mixed || consumers == 0 ? 2 : 0;
            for (int i = 0; i < classics; i++) {
                // Now and then it shares the instance id of a consumer that is upgraded.
                actors.add(
                        new Actor("k" + i, false, instanceId(random.nextInt(2) == 0 ? i : i + 5)));
            }
            if (actors.stream().anyMatch(a -> !a.consumer && a.instanceId != null)) {
                // Theirs refuses a static member that comes back to a full group.
                properties.remove("group.max.size");
            }
            theirs = new ApacheShard(properties, () -> nowMs, cluster.topics());
            theirs.loaded();
            ours = shard();
            ours.loaded();
        }

        private @Nullable String instanceId(int i) {
            return random.nextInt(3) == 0 ? "i" + i : null;
        }

        private GroupShard shard() {
            GroupConfig config = GroupConfig.from(properties);
            cluster.assignmentIntervalMs = config.consumer().assignmentIntervalMs().value();
            return new GroupShard(
                    config,
                    new GroupCount(100),
                    () -> nowMs,
                    cluster,
                    records -> {
                        ourRecords.addAll(records);
                        return Future.succeededFuture();
                    },
                    new LivePublisher(new NoLiveGroups(), 1, Runnable::run, () -> {}),
                    failure -> {
                        throw new AssertionError(failure);
                    });
        }

        @SafeVarargs
        private <T> T pick(T... choices) {
            return choices[random.nextInt(choices.length)];
        }

        private String story() {
            return story.toString();
        }

        private void tell(String what) {
            story.append(nowMs % 10_000_000).append(' ').append(what).append('\n');
        }

        private void play() {
            try {
                for (steps = 0; steps < STEPS; steps++) {
                    step();
                    settle();
                    compare();
                }
            } catch (StoriesPart e) {
                tell(String.valueOf(e.getMessage()));
            }
        }

        private void step() {
            // No two members are heard of at the same moment: which of them falls silent first
            // would be open.
            nowMs++;
            theirs.poll();
            ours.tick();
            settle();
            forgetUnused();
            int dice = random.nextInt(100);
            if (dice < 12) {
                passes(pick(10L, 700L, 1_500L, 4_000L, 20_000L, 61_000L));
            } else if (dice < 16) {
                topics();
            } else if (dice < 19) {
                restart();
            } else if (dice < 21) {
                expire();
            } else if (dice < 27) {
                commit(pick(actors.toArray(new Actor[0])));
            } else if (dice < 29) {
                deleteOffsets();
            } else if (dice < 31) {
                deleteGroup();
            } else {
                Actor actor = pick(actors.toArray(new Actor[0]));
                if (actor.consumer) {
                    consumerActs(actor);
                } else {
                    classicActs(actor);
                }
            }
        }

        // ---- time, topics, restarts

        private void passes(long ms) {
            tell("passes " + ms);
            long end = nowMs + ms;
            for (int guard = 0; nowMs < end && guard < 1_000; guard++) {
                long next = Math.min(theirs.nextDeadlineMs(), ours.nextDeadlineMs());
                nowMs = Math.max(nowMs + 1, Math.min(end, next));
                theirs.poll();
                ours.tick();
            }
        }

        private void topics() {
            Topics before = cluster.topics();
            String name = "t" + random.nextInt(4);
            Topics.Topic topic = before.named(name);
            if (topic == null) {
                tell("create " + name);
                cluster.create(name, 1 + random.nextInt(4));
            } else if (random.nextInt(3) == 0) {
                tell("delete " + name);
                cluster.delete(name);
            } else {
                tell("grow " + name);
                cluster.grow(name, topic.partitions() + 1 + random.nextInt(2));
            }
            Topics after = cluster.topics();
            theirs.topicsChanged(before, after);
            ours.topicsChanged(Set.of(name), topic == null ? after.version() : -1);
            if (after.named(name) == null) {
                ours.topicsDeleted(Set.of(name));
            }
        }

        /** Each loads what the other has written. */
        private void restart() {
            if (actors.stream().anyMatch(a -> a.join != null || a.sync != null)) {
                return;
            }
            boolean classicMoves =
                    ours.group(GROUP) != null
                            && groupOf(ours).state() != GroupState.STABLE
                            && groupOf(ours).state() != GroupState.EMPTY;
            if (classicMoves
                    || (ours.group(GROUP) != null && !groupOf(ours).pendingMembers().isEmpty())) {
                // What a rebalance has come to is in no record.
                return;
            }
            tell("restart");
            ApacheShard nextTheirs = new ApacheShard(properties, () -> nowMs, cluster.topics());
            List<GroupRecord> written = List.copyOf(ourRecords);
            written.forEach(nextTheirs::load);
            GroupShard nextOurs = shard();
            theirs.records.forEach(nextOurs::replay);
            ourRecords.clear();
            ourRecords.addAll(theirs.records);
            ourRecordsSeen = ourRecords.size();
            theirs = nextTheirs;
            theirRecordsSeen = theirs.records.size();
            theirs.loaded();
            nextOurs.loaded();
            ours = nextOurs;
        }

        private static Group groupOf(GroupShard shard) {
            Group group = shard.group(GROUP);
            if (group == null) {
                throw new AssertionError("no group");
            }
            return group;
        }

        // ---- the consumer protocol

        private void consumerActs(Actor actor) {
            ConsumerGroupHeartbeatRequestData request =
                    new ConsumerGroupHeartbeatRequestData()
                            .setGroupId(GROUP)
                            .setMemberId(actor.memberId)
                            .setInstanceId(actor.instanceId)
                            .setMemberEpoch(actor.epoch);
            int dice = random.nextInt(20);
            if (actor.epoch <= 0) {
                joins(actor, request);
            } else if (dice == 0) {
                request.setMemberEpoch(actor.epoch + pick(-2, -1, 1));
                if (request.memberEpoch() <= 0) {
                    return;
                }
                if (random.nextBoolean()) {
                    request.setTopicPartitions(owned(actor));
                }
            } else if (dice == 1) {
                request.setMemberEpoch(actor.instanceId != null && random.nextBoolean() ? -2 : -1);
            } else if (dice == 2) {
                request.setMemberId("stranger");
            } else if (dice < 5) {
                subscribes(request);
            } else if (dice < 8) {
                request.setRebalanceTimeoutMs(60_000).setTopicPartitions(owned(actor));
                subscribes(request);
            } else if (dice < 15) {
                request.setTopicPartitions(owned(actor));
            }
            heartbeat(actor, request);
        }

        private void joins(Actor actor, ConsumerGroupHeartbeatRequestData request) {
            if (actor.memberId.isEmpty() || random.nextInt(3) == 0) {
                actor.memberId = actor.name + "-" + ids++;
            }
            request.setMemberId(actor.memberId)
                    .setMemberEpoch(0)
                    .setRebalanceTimeoutMs(pick(10_000, 60_000))
                    .setTopicPartitions(List.of());
            subscribes(request);
            actor.owned = new HashMap<>();
        }

        private void subscribes(ConsumerGroupHeartbeatRequestData request) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                if (random.nextBoolean()) {
                    names.add("t" + i);
                }
            }
            if (random.nextInt(5) == 0) {
                request.setSubscribedTopicRegex(pick("t[12]", "t.*", "x", ""));
                request.setSubscribedTopicNames(random.nextBoolean() ? List.of() : names);
            } else {
                request.setSubscribedTopicNames(names);
                if (random.nextInt(4) == 0) {
                    request.setSubscribedTopicRegex("");
                }
            }
        }

        private static List<ConsumerGroupHeartbeatRequestData.TopicPartitions> owned(Actor actor) {
            List<ConsumerGroupHeartbeatRequestData.TopicPartitions> owned = new ArrayList<>();
            actor.owned.forEach(
                    (topic, partitions) ->
                            owned.add(
                                    new ConsumerGroupHeartbeatRequestData.TopicPartitions()
                                            .setTopicId(topic)
                                            .setPartitions(List.copyOf(partitions))));
            return owned;
        }

        private void heartbeat(Actor actor, ConsumerGroupHeartbeatRequestData request) {
            tell(actor.name + " " + request);
            String regex = request.subscribedTopicRegex();
            ConsumerGroup known = ours.consumerGroup(GROUP);
            boolean unresolved =
                    regex != null
                            && !regex.isEmpty()
                            && known != null
                            && !known.resolvedRegexes().containsKey(regex);
            boolean nothing =
                    request.memberEpoch() == 0
                            && request.subscribedTopicNames() != null
                            && request.subscribedTopicNames().isEmpty();
            if (known != null && known.epoch() > known.targetEpoch() && (unresolved || nothing)) {
                throw new StoriesPart(
                        "Apache assigns as if all read the same topics, as they did before");
            }
            // Where ours answers once the expression has been looked up, a second heartbeat of
            // theirs hears the same.
            boolean looksUp = request.subscribedTopicRegex() != null;
            List<ConsumerGroupHeartbeatResponseData> theirAnswer = new ArrayList<>();
            String theirs = error(() -> theirAnswer.add(theirHeartbeat(request)));
            if (looksUp && theirs.equals("NONE") && request.memberEpoch() >= 0) {
                ConsumerGroupHeartbeatResponseData first = theirAnswer.get(0);
                ConsumerGroupHeartbeatResponseData second =
                        theirHeartbeat(
                                new ConsumerGroupHeartbeatRequestData()
                                        .setGroupId(GROUP)
                                        .setInstanceId(request.instanceId())
                                        .setMemberId(first.memberId())
                                        .setMemberEpoch(first.memberEpoch()));
                if (second.assignment() == null) {
                    second.setAssignment(first.assignment());
                }
                theirAnswer.set(0, second);
            }
            int offloaded = cluster.offloaded;
            Future<ConsumerGroupHeartbeatResponseData> ourAnswer = ourHeartbeat(request);
            if (looksUp
                    && cluster.offloaded == offloaded
                    && ourAnswer.succeeded()
                    && request.memberEpoch() >= 0) {
                // There was nothing to look up: hear it again as well.
                ConsumerGroupHeartbeatResponseData first = ourAnswer.result();
                ourAnswer =
                        ourHeartbeat(
                                        new ConsumerGroupHeartbeatRequestData()
                                                .setGroupId(GROUP)
                                                .setInstanceId(request.instanceId())
                                                .setMemberId(first.memberId())
                                                .setMemberEpoch(first.memberEpoch()))
                                .map(
                                        second ->
                                                second.assignment() == null
                                                        ? second.setAssignment(first.assignment())
                                                        : second);
            }
            String ours =
                    ourAnswer.succeeded()
                            ? "NONE " + text(ourAnswer.result())
                            : Errors.forException(ourAnswer.cause()).name();
            String expected = theirs.equals("NONE") ? "NONE " + text(theirAnswer.get(0)) : theirs;
            tell("  -> " + expected);
            assertThat(ours).isEqualTo(expected);
            if (!theirs.equals("NONE")
                    && actors.stream()
                            .anyMatch(
                                    a ->
                                            a.join != null
                                                    && a.join.theirs.isDone()
                                                    && !a.join.ours.isComplete())) {
                throw new StoriesPart("Apache sends waiting members away for one it refuses");
            }
            if (theirs.equals("NONE")) {
                heard(actor, request, theirAnswer.get(0));
            } else if (theirs.equals("FENCED_MEMBER_EPOCH")
                    || theirs.equals("UNKNOWN_MEMBER_ID")
                    || theirs.equals("GROUP_ID_NOT_FOUND")) {
                actor.forget();
            }
        }

        private ConsumerGroupHeartbeatResponseData theirHeartbeat(
                ConsumerGroupHeartbeatRequestData request) {
            try {
                return theirs.write(
                        shard ->
                                shard.consumerGroupHeartbeat(
                                        ApacheShard.context(1, "client"), request));
            } catch (NoSuchElementException e) {
                throw new StoriesPart(
                        "Apache cannot convert a group before its first generation", e);
            }
        }

        private Future<ConsumerGroupHeartbeatResponseData> ourHeartbeat(
                ConsumerGroupHeartbeatRequestData request) {
            return ours.consumerHeartbeat(
                    request, new ConsumerGroupMachine.Client("client", host()));
        }

        private static String host() {
            return ApacheShard.context(1, "client").clientAddress().toString();
        }

        private void heard(
                Actor actor,
                ConsumerGroupHeartbeatRequestData request,
                ConsumerGroupHeartbeatResponseData answer) {
            if (request.memberEpoch() < 0) {
                actor.forget();
                if (random.nextBoolean()) {
                    actor.memberId = "";
                }
                return;
            }
            if (!request.memberId().equals(actor.memberId)) {
                return;
            }
            actor.epoch = answer.memberEpoch();
            // Some answers get lost; some revocations take their time.
            if (answer.assignment() != null && random.nextInt(6) > 0) {
                Map<Uuid, Set<Integer>> owned = new HashMap<>();
                answer.assignment()
                        .topicPartitions()
                        .forEach(
                                topic ->
                                        owned.put(
                                                topic.topicId(),
                                                new HashSet<>(topic.partitions())));
                if (random.nextInt(4) == 0) {
                    actor.owned.forEach(
                            (topic, partitions) ->
                                    owned.computeIfAbsent(topic, t -> new HashSet<>())
                                            .addAll(partitions));
                }
                actor.owned = owned;
            }
        }

        private static String text(ConsumerGroupHeartbeatResponseData answer) {
            TreeMap<String, Set<Integer>> assigned = new TreeMap<>();
            if (answer.assignment() != null) {
                answer.assignment()
                        .topicPartitions()
                        .forEach(
                                topic ->
                                        assigned.put(
                                                topic.topicId().toString(),
                                                new TreeSet<>(topic.partitions())));
            }
            return answer.memberId()
                    + " epoch "
                    + answer.memberEpoch()
                    + " in "
                    + answer.heartbeatIntervalMs()
                    + (answer.assignment() == null ? "" : " has " + assigned);
        }

        private static String error(Runnable call) {
            try {
                call.run();
                return "NONE";
            } catch (ApiException e) {
                return Errors.forException(e).name();
            }
        }

        // ---- the classic protocol

        private void classicActs(Actor actor) {
            if (actor.join != null || actor.sync != null) {
                return;
            }
            int dice = random.nextInt(20);
            if (dice == 0 && !actor.memberId.isEmpty()) {
                leaves(actor);
            } else if (dice == 1) {
                // The process restarts.
                actor.forget();
                actor.memberId = "";
            } else if (actor.mustSync && dice > 2) {
                syncs(actor);
            } else if (actor.epoch > 0 && dice > 5) {
                classicHeartbeat(actor);
            } else {
                classicJoins(actor);
            }
        }

        private void classicJoins(Actor actor) {
            ConsumerProtocolSubscription subscription = new ConsumerProtocolSubscription();
            for (int i = 0; i < 4; i++) {
                if (random.nextInt(3) > 0) {
                    subscription.topics().add("t" + i);
                }
            }
            if (subscription.topics().isEmpty()) {
                subscription.topics().add("t0");
            }
            actor.owned.forEach(
                    (id, partitions) -> {
                        Topics.Topic topic = cluster.topics().withId(id);
                        if (topic != null) {
                            subscription
                                    .ownedPartitions()
                                    .add(
                                            new ConsumerProtocolSubscription.TopicPartition()
                                                    .setTopic(topic.name())
                                                    .setPartitions(List.copyOf(partitions)));
                        }
                    });
            JoinGroupRequestData.JoinGroupRequestProtocolCollection protocols =
                    new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
            protocols.add(
                    new JoinGroupRequestData.JoinGroupRequestProtocol()
                            .setName("cooperative-sticky")
                            .setMetadata(bytes(subscription, 3)));
            JoinGroupRequestData request =
                    new JoinGroupRequestData()
                            .setGroupId(GROUP)
                            .setMemberId(actor.memberId)
                            .setGroupInstanceId(actor.instanceId)
                            .setProtocolType("consumer")
                            .setSessionTimeoutMs(10_000)
                            .setRebalanceTimeoutMs(30_000)
                            .setProtocols(protocols);
            tell(actor.name + " joins as '" + actor.memberId + "' " + subscription.topics());
            ConsumerGroup empty = ours.consumerGroup(GROUP);
            if (empty != null && empty.isEmpty() && !actor.memberId.isEmpty()) {
                throw new StoriesPart("Apache forgets the group, until it loads it again");
            }
            CompletableFuture<JoinGroupResponseData> theirAnswer = new CompletableFuture<>();
            String theirError =
                    error(
                            () ->
                                    theirs.write(
                                            shard ->
                                                    shard.classicGroupJoin(
                                                            ApacheShard.context(9, "client"),
                                                            request,
                                                            theirAnswer)));
            if (!theirError.equals("NONE")) {
                theirAnswer.complete(
                        new JoinGroupResponseData()
                                .setMemberId(actor.memberId)
                                .setErrorCode(Errors.valueOf(theirError).code()));
            }
            String newMemberId = newMemberId(actor, theirAnswer);
            Future<Answer> ourAnswer =
                    ours.join(
                            GROUP,
                            waiter ->
                                    new GroupCommand.Join(
                                            waiter,
                                            actor.memberId,
                                            newMemberId,
                                            actor.instanceId,
                                            "client",
                                            host(),
                                            10_000,
                                            30_000,
                                            "consumer",
                                            List.of(
                                                    new Member.Protocol(
                                                            "cooperative-sticky",
                                                            Bytes.of(bytes(subscription, 3)))),
                                            actor.instanceId == null,
                                            true));
            actor.join = new Pending<>(theirAnswer, ourAnswer.map(Run::text));
        }

        /** Whatever id they made up, ours uses it too. */
        private String newMemberId(Actor actor, CompletableFuture<JoinGroupResponseData> answer) {
            JoinGroupResponseData now = ApacheShard.now(answer);
            if (now != null && !now.memberId().isEmpty()) {
                return now.memberId();
            }
            for (DescribeGroupsResponseData.DescribedGroup group :
                    theirs.shard.describeGroups(
                            ApacheShard.context(6, "client"), List.of(GROUP), Long.MAX_VALUE)) {
                for (DescribeGroupsResponseData.DescribedGroupMember member : group.members()) {
                    if (actor.instanceId != null
                            && actor.instanceId.equals(member.groupInstanceId())) {
                        return member.memberId();
                    }
                }
            }
            return "nobody";
        }

        private static byte[] bytes(Message message, int version) {
            ByteBuffer bytes = MessageUtil.toVersionPrefixedByteBuffer((short) version, message);
            byte[] array = new byte[bytes.remaining()];
            bytes.get(array);
            return array;
        }

        private static String text(Answer answer) {
            if (answer instanceof Answer.Joined joined) {
                return "NONE %s in %d with %s led by %s of %s%s"
                        .formatted(
                                joined.memberId(),
                                joined.generation(),
                                joined.protocol(),
                                joined.leaderId(),
                                new TreeSet<>(
                                        joined.members().stream().map(Member::memberId).toList()),
                                joined.skipAssignment() ? ", skips" : "");
            } else if (answer instanceof Answer.JoinRefused refused) {
                return refused.error().name();
            } else if (answer instanceof Answer.Synced synced) {
                return "NONE " + assigned(synced.assignment().array());
            } else if (answer instanceof Answer.SyncRefused refused) {
                return refused.error().name();
            }
            throw new AssertionError(answer);
        }

        private static String text(JoinGroupResponseData answer) {
            return answer.errorCode() != 0
                    ? Errors.forCode(answer.errorCode()).name()
                    : "NONE %s in %d with %s led by %s of %s%s"
                            .formatted(
                                    answer.memberId(),
                                    answer.generationId(),
                                    answer.protocolName(),
                                    answer.leader(),
                                    new TreeSet<>(
                                            answer.members().stream()
                                                    .map(
                                                            JoinGroupResponseData
                                                                            .JoinGroupResponseMember
                                                                    ::memberId)
                                                    .toList()),
                                    answer.skipAssignment() ? ", skips" : "");
        }

        private static String text(SyncGroupResponseData answer) {
            return answer.errorCode() != 0
                    ? Errors.forCode(answer.errorCode()).name()
                    : "NONE " + assigned(answer.assignment());
        }

        private static String assigned(byte[] assignment) {
            TreeMap<String, Set<Integer>> assigned = new TreeMap<>();
            if (assignment.length > 0) {
                EmbeddedProtocol.assignment(Bytes.of(assignment))
                        .assignedPartitions()
                        .forEach(
                                topic ->
                                        assigned.put(
                                                topic.topic(), new TreeSet<>(topic.partitions())));
            }
            return assigned.toString();
        }

        private void syncs(Actor actor) {
            List<SyncGroupRequestData.SyncGroupRequestAssignment> assignments = new ArrayList<>();
            Map<String, Bytes> ourAssignments = new HashMap<>();
            int n = 0;
            for (String memberId : actor.toAssign) {
                ConsumerProtocolAssignment assignment = new ConsumerProtocolAssignment();
                assignment
                        .assignedPartitions()
                        .add(
                                new ConsumerProtocolAssignment.TopicPartition()
                                        .setTopic("t" + n)
                                        .setPartitions(List.of(0)));
                n++;
                byte[] bytes = bytes(assignment, 3);
                assignments.add(
                        new SyncGroupRequestData.SyncGroupRequestAssignment()
                                .setMemberId(memberId)
                                .setAssignment(bytes));
                ourAssignments.put(memberId, Bytes.of(bytes));
            }
            SyncGroupRequestData request =
                    new SyncGroupRequestData()
                            .setGroupId(GROUP)
                            .setMemberId(actor.memberId)
                            .setGroupInstanceId(actor.instanceId)
                            .setGenerationId(actor.epoch)
                            .setProtocolType("consumer")
                            .setProtocolName("cooperative-sticky")
                            .setAssignments(assignments);
            tell(actor.name + " syncs " + actor.epoch + " for " + actor.toAssign);
            CompletableFuture<SyncGroupResponseData> theirAnswer = new CompletableFuture<>();
            String theirError =
                    error(
                            () ->
                                    theirs.write(
                                            shard ->
                                                    shard.classicGroupSync(
                                                            ApacheShard.context(5, "client"),
                                                            request,
                                                            theirAnswer)));
            if (!theirError.equals("NONE")) {
                theirAnswer.complete(
                        new SyncGroupResponseData()
                                .setErrorCode(Errors.valueOf(theirError).code()));
            }
            Future<Answer> ourAnswer =
                    ours.sync(
                            GROUP,
                            waiter ->
                                    new GroupCommand.Sync(
                                            waiter,
                                            actor.memberId,
                                            actor.instanceId,
                                            actor.epoch,
                                            "consumer",
                                            "cooperative-sticky",
                                            ourAssignments));
            actor.sync = new Pending<>(theirAnswer, ourAnswer.map(Run::text));
        }

        private void classicHeartbeat(Actor actor) {
            HeartbeatRequestData request =
                    new HeartbeatRequestData()
                            .setGroupId(GROUP)
                            .setMemberId(actor.memberId)
                            .setGroupInstanceId(actor.instanceId)
                            .setGenerationId(actor.epoch);
            List<Errors> answered = new ArrayList<>();
            String theirError =
                    error(
                            () ->
                                    answered.add(
                                            Errors.forCode(
                                                    theirs.write(
                                                                    shard ->
                                                                            shard
                                                                                    .classicGroupHeartbeat(
                                                                                            ApacheShard
                                                                                                    .context(
                                                                                                            4,
                                                                                                            "client"),
                                                                                            request))
                                                            .errorCode())));
            String expected = theirError.equals("NONE") ? answered.get(0).name() : theirError;
            Errors our = ours.heartbeat(GROUP, actor.memberId, actor.instanceId, actor.epoch);
            tell(actor.name + " heartbeats " + actor.epoch + " -> " + expected);
            assertThat(our.name()).isEqualTo(expected);
            if (our == Errors.REBALANCE_IN_PROGRESS) {
                classicJoins(actor);
            } else if (our != Errors.NONE) {
                actor.forget();
                if (our == Errors.UNKNOWN_MEMBER_ID || our == Errors.FENCED_INSTANCE_ID) {
                    actor.memberId = "";
                }
            }
        }

        private void leaves(Actor actor) {
            if (ours.group(GROUP) != null
                    && groupOf(ours).pendingMembers().containsKey(actor.memberId)) {
                // Theirs rebalances a stable group for one that never was a member.
                return;
            }
            LeaveGroupRequestData request =
                    new LeaveGroupRequestData()
                            .setGroupId(GROUP)
                            .setMembers(
                                    List.of(
                                            new LeaveGroupRequestData.MemberIdentity()
                                                    .setMemberId(actor.memberId)
                                                    .setGroupInstanceId(actor.instanceId)));
            List<Errors> answered = new ArrayList<>();
            String theirError =
                    error(
                            () ->
                                    theirs.write(
                                                    shard ->
                                                            shard.classicGroupLeave(
                                                                    ApacheShard.context(
                                                                            5, "client"),
                                                                    request))
                                            .members()
                                            .forEach(
                                                    m ->
                                                            answered.add(
                                                                    Errors.forCode(
                                                                            m.errorCode()))));
            String expected = theirError.equals("NONE") ? answered.get(0).name() : theirError;
            Future<List<Errors>> our =
                    ours.leave(
                            GROUP,
                            List.of(new GroupCommand.Leave(actor.memberId, actor.instanceId)));
            tell(actor.name + " leaves -> " + expected);
            assertThat(our.result().get(0).name()).isEqualTo(expected);
            actor.forget();
            actor.memberId = "";
        }

        /** Answers that have come by now. */
        private void settle() {
            theirs.poll();
            ours.tick();
            for (Actor actor : actors) {
                Pending<JoinGroupResponseData> join = actor.join;
                if (join != null) {
                    assertThat(join.ours.isComplete())
                            .as(
                                    "%s's JoinGroup is answered: %s, %s",
                                    actor.name, ApacheShard.now(join.theirs), join.ours.result())
                            .isEqualTo(join.theirs.isDone());
                    JoinGroupResponseData answer = ApacheShard.now(join.theirs);
                    if (answer != null) {
                        actor.join = null;
                        joined(actor, answer, join.ours.result());
                    }
                }
                Pending<SyncGroupResponseData> sync = actor.sync;
                if (sync != null) {
                    assertThat(sync.ours.isComplete())
                            .as(
                                    "%s's SyncGroup is answered: %s, %s",
                                    actor.name, ApacheShard.now(sync.theirs), sync.ours.result())
                            .isEqualTo(sync.theirs.isDone());
                    SyncGroupResponseData answer = ApacheShard.now(sync.theirs);
                    if (answer != null) {
                        actor.sync = null;
                        synced(actor, answer, sync.ours.result());
                    }
                }
            }
        }

        private void joined(Actor actor, JoinGroupResponseData answer, String ours) {
            tell("  " + actor.name + " joined: " + text(answer));
            if (answer.errorCode() == 0
                    && ours.startsWith("NONE")
                    && !ours.contains("led by " + answer.leader() + " of")) {
                throw new StoriesPart("any member may lead");
            }
            assertThat(ours).isEqualTo(text(answer));
            Errors error = Errors.forCode(answer.errorCode());
            if (error == Errors.NONE) {
                actor.memberId = answer.memberId();
                actor.epoch = answer.generationId();
                actor.toAssign =
                        answer.members().stream()
                                .map(JoinGroupResponseData.JoinGroupResponseMember::memberId)
                                .sorted()
                                .toList();
                actor.mustSync = true;
            } else if (error == Errors.MEMBER_ID_REQUIRED) {
                actor.memberId = answer.memberId();
            } else if (error != Errors.REBALANCE_IN_PROGRESS) {
                actor.forget();
                actor.memberId = "";
            }
        }

        private void synced(Actor actor, SyncGroupResponseData answer, String ours) {
            tell("  " + actor.name + " synced: " + text(answer));
            assertThat(ours).isEqualTo(text(answer));
            actor.mustSync = false;
            if (answer.errorCode() == 0) {
                actor.owned = new HashMap<>();
                if (answer.assignment().length > 0) {
                    actor.owned.putAll(
                            EmbeddedProtocol.partitions(
                                    EmbeddedProtocol.assignment(Bytes.of(answer.assignment())),
                                    cluster.topics()));
                }
            } else if (answer.errorCode() == Errors.UNKNOWN_MEMBER_ID.code()) {
                actor.forget();
                actor.memberId = "";
            }
        }

        // ---- offsets, groups as a whole

        private void commit(Actor actor) {
            short version = (short) (8 + random.nextInt(3));
            boolean stranger = random.nextInt(5) == 0;
            String topic = "t" + random.nextInt(3);
            Topics.Topic known = cluster.topics().named(topic);
            if (known == null) {
                return;
            }
            int partition = random.nextInt(known.partitions());
            int epoch = stranger ? -1 : actor.epoch + pick(0, 0, 0, 0, -1, 1);
            String memberId = stranger ? "" : actor.memberId;
            OffsetCommitRequestData request =
                    new OffsetCommitRequestData()
                            .setGroupId(GROUP)
                            .setMemberId(memberId)
                            .setGroupInstanceId(
                                    actor.consumer || stranger ? null : actor.instanceId)
                            .setGenerationIdOrMemberEpoch(epoch)
                            .setTopics(
                                    List.of(
                                            new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                                    .setName(topic)
                                                    .setTopicId(known.id())
                                                    .setPartitions(
                                                            List.of(
                                                                    new OffsetCommitRequestData
                                                                                    .OffsetCommitRequestPartition()
                                                                            .setPartitionIndex(
                                                                                    partition)
                                                                            .setCommittedOffset(
                                                                                    random.nextInt(
                                                                                            100))))));
            long offset = request.topics().get(0).partitions().get(0).committedOffset();
            String expected =
                    error(
                            () ->
                                    theirs.write(
                                            shard ->
                                                    shard.commitOffset(
                                                            ApacheShard.context(version, "client"),
                                                            request)));
            String our =
                    error(
                            () -> {
                                CommitCheck check =
                                        ours.validateCommit(
                                                GROUP,
                                                memberId,
                                                request.groupInstanceId(),
                                                epoch,
                                                version);
                                check.validate(known.id(), partition);
                                ours.commit(
                                        List.of(
                                                new GroupRecord.OffsetCommitted(
                                                        GROUP,
                                                        topic,
                                                        partition,
                                                        new GroupRecord.CommittedOffset(
                                                                offset,
                                                                -1,
                                                                "",
                                                                nowMs,
                                                                -1,
                                                                known.id()))));
                            });
            tell(
                    "%s commits %d of %s-%d v%d as '%s' in %d -> %s"
                            .formatted(
                                    actor.name,
                                    offset,
                                    topic,
                                    partition,
                                    version,
                                    memberId,
                                    epoch,
                                    expected));
            assertThat(our).isEqualTo(expected);
        }

        private void expire() {
            if (ours.group(GROUP) != null && !groupOf(ours).pendingMembers().isEmpty()) {
                // Theirs forgets an empty group that somebody is about to join.
                return;
            }
            passes(300_000L * random.nextInt(4));
            settle();
            if (readsOtherTopicsThanTheirsKnows()) {
                return;
            }
            tell("expire");
            theirs.write(
                    shard -> {
                        CoordinatorResult<Void, ?> result = shard.cleanupGroupMetadata();
                        return cast(result);
                    });
            ours.expireOffsets();
        }

        @SuppressWarnings("unchecked") // Both type arguments are Apache's own.
        private static <T, U> CoordinatorResult<T, U> cast(CoordinatorResult<?, ?> result) {
            return (CoordinatorResult<T, U>) result;
        }

        /** Theirs goes by what a static member read before it came back. */
        private boolean readsOtherTopicsThanTheirsKnows() {
            return ours.group(GROUP) != null
                    && groupOf(ours).state() == GroupState.STABLE
                    && groupOf(ours).members().values().stream().anyMatch(Member::isStatic);
        }

        private void deleteOffsets() {
            if (readsOtherTopicsThanTheirsKnows()) {
                return;
            }
            if (ours.group(GROUP) != null
                    && groupOf(ours).state() == GroupState.PREPARING_REBALANCE) {
                // Theirs goes by what was read in the last generation.
                return;
            }
            String topic = "t" + random.nextInt(3);
            OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId(GROUP);
            request.topics()
                    .add(
                            new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                                    .setName(topic)
                                    .setPartitions(
                                            List.of(
                                                    new OffsetDeleteRequestData
                                                                    .OffsetDeleteRequestPartition()
                                                            .setPartitionIndex(0))));
            List<Errors> answered = new ArrayList<>();
            String theirError =
                    error(
                            () ->
                                    answered.add(
                                            Errors.forCode(
                                                    theirs.write(
                                                                    shard ->
                                                                            shard.deleteOffsets(
                                                                                    ApacheShard
                                                                                            .context(
                                                                                                    0,
                                                                                                    "client"),
                                                                                    request))
                                                            .topics()
                                                            .find(topic)
                                                            .partitions()
                                                            .find(0)
                                                            .errorCode())));
            String expected = theirError.equals("NONE") ? answered.get(0).name() : theirError;
            String our =
                    error(
                            () -> {
                                if (ours.validateDeleteOffsets(GROUP).test(topic)) {
                                    throw Errors.GROUP_SUBSCRIBED_TO_TOPIC.exception();
                                }
                                if (ours.offsets(GROUP).containsKey(new TopicPartition(topic, 0))) {
                                    ours.commit(
                                            List.of(
                                                    new GroupRecord.OffsetDeleted(
                                                            GROUP, topic, 0)));
                                }
                            });
            tell("delete offset of " + topic + "-0 -> " + expected);
            assertThat(our).isEqualTo(expected);
        }

        private void deleteGroup() {
            List<Errors> answered = new ArrayList<>();
            theirs.write(
                            shard ->
                                    shard.deleteGroups(
                                            ApacheShard.context(2, "client"), List.of(GROUP)))
                    .forEach(result -> answered.add(Errors.forCode(result.errorCode())));
            Errors our = ours.delete(GROUP).result();
            tell("delete group -> " + answered);
            assertThat(our).isEqualTo(answered.get(0));
        }

        // ---- comparing

        /** A group that nobody has joined in the end, and has no offsets: ours knows it no more. */
        private void forgetUnused() {
            if (ours.group(GROUP) == null && ours.consumerGroup(GROUP) == null) {
                theirs.shard
                        .listGroups(List.of("Empty"), List.of("classic"), Long.MAX_VALUE)
                        .forEach(
                                group ->
                                        theirs.write(
                                                shard ->
                                                        shard.deleteGroups(
                                                                ApacheShard.context(2, "client"),
                                                                List.of(group.groupId()))));
            }
        }

        private void compare() {
            forgetUnused();
            assertThat(groups(ours)).as("groups").isEqualTo(groups(theirs));
            assertThat(described(ours)).as("group").isEqualTo(described(theirs));
            assertThat(offsets(ours)).as("offsets").isEqualTo(offsets(theirs));
            List<String> expected = newRecords(theirs.records, theirRecordsSeen);
            List<String> actual = newRecords(ourRecords, ourRecordsSeen);
            theirRecordsSeen = theirs.records.size();
            ourRecordsSeen = ourRecords.size();
            if (!actual.equals(expected)
                    && actual.toString()
                            .replaceAll("led by \\S+", "")
                            .equals(expected.toString().replaceAll("led by \\S+", ""))) {
                throw new StoriesPart("any member may lead");
            }
            assertThat(actual).as("records").isEqualTo(expected);
        }

        private static List<String> newRecords(List<GroupRecord> records, int from) {
            return records.subList(from, records.size()).stream()
                    // They write a group down that nobody has joined yet, and take it back when
                    // it expires.
                    .filter(
                            record ->
                                    !(record instanceof GroupRecord.GroupDeleted)
                                            && !(record instanceof GroupRecord.Generation g
                                                    && g.generation() == 0))
                    .map(Run::normalised)
                    .sorted()
                    .toList();
        }

        private static String normalised(GroupRecord record) {
            if (record instanceof GroupRecord.Generation g) {
                return "generation %d %s led by %s: %s"
                        .formatted(
                                g.generation(),
                                g.protocol(),
                                g.leaderId(),
                                new TreeSet<>(
                                        g.members().stream()
                                                .map(m -> m.memberId() + m.instanceId())
                                                .toList()));
            }
            if (record instanceof ConsumerGroupRecord.Current c) {
                return "%s has %d after %d, %s: %s, gives up %s"
                        .formatted(
                                c.memberId(),
                                c.assignment().epoch(),
                                c.assignment().previousEpoch(),
                                c.assignment().state(),
                                sorted(c.assignment().assigned()),
                                sorted(c.assignment().revoking()));
            } else if (record instanceof ConsumerGroupRecord.Target t) {
                return t.memberId() + " shall have " + sorted(t.partitions());
            }
            return record.toString();
        }

        private static String sorted(Map<Uuid, ?> partitions) {
            TreeMap<String, Object> sorted = new TreeMap<>();
            partitions.forEach(
                    (topic, numbers) ->
                            sorted.put(
                                    topic.toString(),
                                    numbers instanceof Map<?, ?> epochs
                                            ? new TreeMap<>(epochs)
                                            : new TreeSet<>((Set<?>) numbers)));
            return sorted.toString();
        }

        private static Set<String> groups(GroupShard shard) {
            Set<String> groups = new TreeSet<>();
            shard.groups()
                    .forEach(g -> groups.add(g.groupId() + " classic " + g.state().wireName()));
            shard.consumerGroups()
                    .forEach(g -> groups.add(g.groupId() + " consumer " + g.state().wireName()));
            return withoutEmptyClassic(groups);
        }

        private static Set<String> groups(ApacheShard shard) {
            Set<String> groups = new TreeSet<>();
            for (ListGroupsResponseData.ListedGroup group :
                    shard.shard.listGroups(List.of(), List.of(), Long.MAX_VALUE)) {
                groups.add(group.groupId() + " " + group.groupType() + " " + group.groupState());
            }
            return withoutEmptyClassic(groups);
        }

        /** Ours forgets a classic group that never had a generation, nor offsets. */
        private static Set<String> withoutEmptyClassic(Set<String> groups) {
            groups.remove("g classic Empty");
            return groups;
        }

        private static String described(GroupShard shard) {
            ConsumerGroup group = shard.consumerGroup(GROUP);
            return group == null ? "none" : text(ConsumerGroupHandlers.described(GROUP, shard));
        }

        private static String described(ApacheShard shard) {
            ConsumerGroupDescribeResponseData.DescribedGroup group =
                    shard.shard.consumerGroupDescribe(List.of(GROUP), Long.MAX_VALUE).get(0);
            return group.errorCode() != 0 ? "none" : text(group);
        }

        private static String text(ConsumerGroupDescribeResponseData.DescribedGroup group) {
            TreeMap<String, String> members = new TreeMap<>();
            group.members()
                    .forEach(
                            m ->
                                    members.put(
                                            m.memberId(),
                                            "%s %s %d %s %s/%s %s -> %s %d"
                                                    .formatted(
                                                            m.instanceId(),
                                                            m.rackId(),
                                                            m.memberEpoch(),
                                                            m.clientHost(),
                                                            new TreeSet<>(m.subscribedTopicNames()),
                                                            m.subscribedTopicRegex(),
                                                            text(m.assignment()),
                                                            text(m.targetAssignment()),
                                                            m.memberType())));
            return "%s %d/%d %s %s"
                    .formatted(
                            group.groupState(),
                            group.groupEpoch(),
                            group.assignmentEpoch(),
                            group.assignorName(),
                            members);
        }

        private static String text(ConsumerGroupDescribeResponseData.Assignment assignment) {
            TreeMap<String, Set<Integer>> partitions = new TreeMap<>();
            assignment
                    .topicPartitions()
                    .forEach(
                            topic ->
                                    partitions.put(
                                            topic.topicName(), new TreeSet<>(topic.partitions())));
            return partitions.toString();
        }

        private static Map<String, Long> offsets(GroupShard shard) {
            Map<String, Long> offsets = new TreeMap<>();
            shard.offsets(GROUP)
                    .forEach((partition, o) -> offsets.put(partition.toString(), o.offset()));
            return offsets;
        }

        // Null topics ask for all of them.
        @SuppressWarnings("NullAway")
        private static Map<String, Long> offsets(ApacheShard shard) {
            Map<String, Long> offsets = new TreeMap<>();
            for (OffsetFetchResponseData.OffsetFetchResponseTopics topic :
                    shard.shard
                            .fetchOffsets(
                                    new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                            .setGroupId(GROUP)
                                            .setMemberId(null)
                                            .setMemberEpoch(-1)
                                            .setTopics(null),
                                    Long.MAX_VALUE)
                            .topics()) {
                topic.partitions()
                        .forEach(
                                p ->
                                        offsets.put(
                                                topic.name() + "-" + p.partitionIndex(),
                                                p.committedOffset()));
            }
            return offsets;
        }
    }
}

package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.protocol.Errors;

/**
 * Members that join, sync, leave, fall silent, lose answers and restart in any order, with time
 * passing in between. Whatever they do, the promises of the group hold.
 */
class GroupMachinePropertiesTest {
    private static final int ACTORS = 5;
    private static final int STEPS = 120;

    /** A client: what it knows, and the one request it has under way. */
    private static final class Actor {
        private final int number;
        private final boolean isStatic;
        private String memberId = "";
        private int generation = -1;
        private boolean leads;
        private boolean mustSync;
        private long request = -1;

        private Actor(int number, boolean isStatic) {
            this.number = number;
            this.isStatic = isStatic;
        }

        private void forget() {
            memberId = "";
            generation = -1;
            mustSync = false;
            leads = false;
        }
    }

    @Property(tries = 400)
    void promises_hold_in_every_interleaving(@ForAll long seed) {
        new Run(seed).play();
    }

    private static final class Run {
        private final Random random;
        private final GroupStory story;
        private final Actor[] actors = new Actor[ACTORS];
        private final Map<Integer, Set<String>> leadersOfGeneration = new HashMap<>();
        private final Set<Long> open = new HashSet<>();
        private final Set<Long> seen = new HashSet<>();
        private int ids;

        private Run(long seed) {
            random = new Random(seed);
            story =
                    new GroupStory(
                            random.nextBoolean()
                                    ? GroupStory.config(0, 0)
                                    : GroupStory.config(50, 3_000));
            for (int i = 0; i < ACTORS; i++) {
                actors[i] = new Actor(i, random.nextInt(4) == 0);
            }
        }

        private void play() {
            for (int step = 0; step < STEPS; step++) {
                act(actors[random.nextInt(ACTORS)]);
                check();
            }
            settle();
        }

        private void act(Actor actor) {
            int dice = random.nextInt(20);
            if (dice < 3) {
                story.passes(1 + random.nextInt(dice == 0 ? GroupStory.REBALANCE_MS : 100));
            } else if (dice == 3) {
                leave(actor);
            } else if (dice == 4) {
                fallSilent(actor);
            } else if (dice == 5) {
                // The process restarts: a request under way finds nobody any more.
                actor.request = -1;
                actor.forget();
            } else if (dice == 6 && actor.request >= 0) {
                // The connection broke: the client asks again.
                actor.request = -1;
            } else {
                proceed(actor);
            }
            deliver();
        }

        private void proceed(Actor actor) {
            if (actor.request >= 0) {
                return;
            }
            if (actor.memberId.isEmpty()) {
                String id = "m" + actor.number + "-" + ids++;
                actor.request =
                        actor.isStatic
                                ? story.joinStatic("i" + actor.number, id)
                                : random.nextBoolean()
                                        ? story.joinNewRequiringId(id)
                                        : story.joinNew(id);
            } else if (actor.mustSync) {
                Map<String, String> assignment = new HashMap<>();
                if (actor.leads) {
                    story.group
                            .members()
                            .keySet()
                            .forEach(id -> assignment.put(id, id + "@" + actor.generation));
                }
                actor.request = story.sync(actor.memberId, actor.generation, assignment);
            } else {
                Errors error =
                        story.machine.heartbeat(
                                story.group, actor.memberId, null, actor.generation);
                if (error == Errors.NONE) {
                    return;
                } else if (error == Errors.REBALANCE_IN_PROGRESS) {
                    actor.request =
                            story.join(
                                    actor.memberId,
                                    actor.isStatic ? "i" + actor.number : null,
                                    false,
                                    "range");
                } else if (error == Errors.ILLEGAL_GENERATION) {
                    actor.request =
                            story.join(
                                    actor.memberId,
                                    actor.isStatic ? "i" + actor.number : null,
                                    false,
                                    "range");
                } else {
                    actor.forget();
                }
            }
            if (actor.request >= 0) {
                open.add(actor.request);
            }
        }

        private void leave(Actor actor) {
            if (!actor.memberId.isEmpty()) {
                story.leave(actor.memberId);
                actor.request = -1;
                actor.forget();
            }
        }

        private void fallSilent(Actor actor) {
            Member member = story.group.members().get(actor.memberId);
            if (member != null && !member.awaitsJoin() && !member.awaitsSync()) {
                story.falls_silent(actor.memberId);
            }
        }

        private void deliver() {
            for (Actor actor : actors) {
                Answer answer = story.answers.get(actor.request);
                if (answer == null) {
                    continue;
                }
                actor.request = -1;
                if (answer instanceof Answer.Joined joined) {
                    actor.memberId = joined.memberId();
                    actor.generation = joined.generation();
                    actor.leads = joined.leaderId().equals(joined.memberId());
                    actor.mustSync = true;
                } else if (answer instanceof Answer.Synced) {
                    actor.mustSync = false;
                } else if (answer instanceof Answer.JoinRefused refused) {
                    if (refused.error() == Errors.MEMBER_ID_REQUIRED) {
                        actor.memberId = refused.memberId();
                        actor.request = story.join(actor.memberId, null, false, "range");
                        open.add(actor.request);
                    } else if (refused.error() != Errors.REBALANCE_IN_PROGRESS) {
                        actor.forget();
                    }
                } else if (answer instanceof Answer.SyncRefused refused) {
                    actor.mustSync = false;
                    if (refused.error() != Errors.REBALANCE_IN_PROGRESS
                            && refused.error() != Errors.ILLEGAL_GENERATION) {
                        actor.forget();
                    }
                }
            }
        }

        private void check() {
            Group group = story.group;
            for (Map.Entry<Long, Answer> answer : story.answers.entrySet()) {
                if (seen.add(answer.getKey())
                        && answer.getValue() instanceof Answer.Joined joined) {
                    Set<String> leaders =
                            leadersOfGeneration.computeIfAbsent(
                                    joined.generation(), g -> new HashSet<>());
                    if (!joined.members().isEmpty() && !joined.skipAssignment()) {
                        leaders.add(joined.memberId());
                    }
                }
            }
            assertThat(leadersOfGeneration.values())
                    .as("who joins a generation finds one leader in it, and only one")
                    .allMatch(leaders -> leaders.size() == 1);

            Set<Long> waiting = new HashSet<>();
            for (Member member : group.members().values()) {
                if (member.awaitsJoin()) {
                    assertThat(waiting.add(member.joinWaiter())).isTrue();
                    assertThat(group.state()).isEqualTo(GroupState.PREPARING_REBALANCE);
                }
                if (member.awaitsSync()) {
                    assertThat(waiting.add(member.syncWaiter())).isTrue();
                    assertThat(group.state()).isEqualTo(GroupState.COMPLETING_REBALANCE);
                }
            }
            for (long request : open) {
                assertThat(story.answers.containsKey(request) != waiting.contains(request))
                        .as("request %s is either answered or waits", request)
                        .isTrue();
            }
            assertThat(group.state() == GroupState.EMPTY)
                    .isEqualTo(
                            group.members().isEmpty()
                                    && group.state() != GroupState.PREPARING_REBALANCE);
            if (!group.members().isEmpty()) {
                assertThat(group.members()).containsKey(group.leaderId());
            }
            if (!waiting.isEmpty()) {
                assertThat(group.nextDeadlineMs())
                        .as("whoever waits has a time at which it ends")
                        .isLessThan(Group.NEVER);
            }
            if (group.state() == GroupState.STABLE) {
                assertThat(Group.replay(null, lastGeneration()).toRecord())
                        .as("the log knows the stable generation")
                        .satisfies(
                                record -> {
                                    assertThat(record.generation()).isEqualTo(group.generation());
                                    assertThat(record.members())
                                            .extracting(GroupRecord.Assigned::memberId)
                                            .containsExactlyInAnyOrderElementsOf(
                                                    group.members().keySet());
                                });
            }
        }

        private GroupRecord.Generation lastGeneration() {
            return (GroupRecord.Generation) story.records.get(story.records.size() - 1);
        }

        /** Clients that behave from now on end up in one stable generation, everybody with it. */
        private void settle() {
            for (int round = 0; round < 200; round++) {
                for (Actor actor : actors) {
                    proceed(actor);
                    deliver();
                    check();
                }
                if (story.group.state() != GroupState.STABLE && round % 3 == 2) {
                    story.passes(GroupStory.REBALANCE_MS);
                    deliver();
                }
            }
            assertThat(story.group.state()).isEqualTo(GroupState.STABLE);
            Set<String> ids = new HashSet<>();
            for (Actor actor : actors) {
                assertThat(story.group.members()).containsKey(actor.memberId);
                assertThat(actor.generation).isEqualTo(story.group.generation());
                ids.add(actor.memberId);
            }
            assertThat(List.copyOf(ids)).hasSize(ACTORS);
        }
    }
}

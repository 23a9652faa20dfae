package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FetchSessionIdNotFoundException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.junit.jupiter.api.Test;

/** Who gets a slot when there are more clients than slots. */
class FetchSessionsTest {
    private static final long TWO_MINUTES_MS = 120_000;

    private final Uuid topicId = Uuid.randomUuid();
    private long nowMs = 1_000_000;
    private final Clock clock =
            new Clock() {
                @Override
                public long millis() {
                    return nowMs;
                }

                @Override
                public Instant instant() {
                    return Instant.ofEpochMilli(nowMs);
                }

                @Override
                public ZoneId getZone() {
                    return ZoneOffset.UTC;
                }

                @Override
                public Clock withZone(ZoneId zone) {
                    return this;
                }
            };
    private final FetchSessions sessions = new FetchSessions(2, 1, clock);

    private FetchRequestData request(int sessionId, int epoch, int partitions) {
        FetchTopic topic = new FetchTopic().setTopicId(topicId);
        for (int i = 0; i < partitions; i++) {
            topic.partitions().add(new FetchPartition().setPartition(i));
        }
        FetchRequestData request =
                new FetchRequestData().setSessionId(sessionId).setSessionEpoch(epoch);
        if (partitions > 0) {
            request.topics().add(topic);
        }
        return request;
    }

    private int open(int partitions, boolean follower) {
        FetchContext context = sessions.context(request(0, 0, partitions), true, follower);
        PartitionData[] read = new PartitionData[partitions];
        for (int i = 0; i < partitions; i++) {
            read[i] = new PartitionData().setPartitionIndex(i);
        }
        return context.answer(read).sessionId();
    }

    private int open(int partitions) {
        return open(partitions, false);
    }

    private void use(int id, int epoch) {
        sessions.context(request(id, epoch, 0), true, false);
    }

    private boolean isThere(int id) {
        try {
            sessions.context(request(id, 1_000_000, 0), true, false);
        } catch (FetchSessionIdNotFoundException e) {
            return false;
        } catch (org.apache.kafka.common.errors.InvalidFetchSessionEpochException e) {
            return true;
        }
        throw new AssertionError("nobody has got to that epoch");
    }

    @Test
    void a_new_session_finds_no_room_among_young_ones_whatever_their_size() {
        int first = open(1);
        int second = open(2);
        nowMs += TWO_MINUTES_MS;
        assertThat(open(1000)).isZero();
        assertThat(isThere(first)).isTrue();
        assertThat(isThere(second)).isTrue();
        assertThat(sessions.evictions()).isZero();
    }

    @Test
    void one_unused_for_two_minutes_gives_way_to_any() {
        int first = open(5);
        nowMs += 1;
        int second = open(2);
        nowMs += TWO_MINUTES_MS;
        assertThat(open(1)).isPositive();
        assertThat(isThere(first)).isFalse();
        assertThat(isThere(second)).isTrue();
        assertThat(sessions.evictions()).isEqualTo(1);
        assertThat(sessions.sessions()).isEqualTo(2);
        assertThat(sessions.partitions()).isEqualTo(3);
    }

    @Test
    void an_old_one_in_use_gives_way_to_a_larger_one_only() {
        int first = open(5);
        int second = open(3);
        nowMs += TWO_MINUTES_MS + 1;
        use(first, 1);
        use(second, 1);
        assertThat(open(3)).isZero();
        assertThat(open(4)).isPositive();
        assertThat(isThere(second)).isFalse();
        assertThat(isThere(first)).isTrue();
    }

    @Test
    void a_follower_takes_the_place_of_a_consumer_and_not_the_other_way_round() {
        int consumer = open(9);
        int follower = open(1, true);
        assertThat(open(1, true)).isPositive();
        assertThat(isThere(consumer)).isFalse();
        assertThat(open(100)).isZero();
        assertThat(isThere(follower)).isTrue();
    }

    @Test
    void no_slots_means_no_sessions() {
        FetchSessions none = new FetchSessions(0, 1, clock);
        FetchContext context = none.context(request(0, 0, 1), true, false);
        assertThat(context.answer(new PartitionData[] {new PartitionData()}).sessionId()).isZero();
    }

    @Test
    void every_shard_finds_its_sessions_by_their_ids() {
        FetchSessions many = new FetchSessions(1000, 7, clock);
        Set<Integer> ids = new HashSet<>();
        for (int i = 0; i < 994; i++) {
            FetchContext context = many.context(request(0, 0, 1), true, false);
            ids.add(context.answer(new PartitionData[] {new PartitionData()}).sessionId());
        }
        assertThat(ids).hasSize(994).allMatch(id -> id > 0);
        for (int id : ids) {
            assertThat(many.context(request(id, 1, 0), true, false).asked()).hasSize(1);
        }
    }

    @Test
    void who_has_more_partitions_than_all_may_have_together_loses_its_session() {
        FetchSessionShard shard = new FetchSessionShard(0, 1, 10, 5);
        List<Asked> asked = new ArrayList<>(FetchContext.whole(request(0, 0, 3)).asked());
        int id = shard.create(false, true, asked, new PartitionData[3], nowMs);
        assertThat(id).isPositive();
        assertThat(shard.create(false, true, asked, new PartitionData[3], nowMs)).isZero();

        assertThatThrownBy(() -> shard.next(request(id, 1, 6), true, nowMs))
                .isInstanceOf(FetchSessionIdNotFoundException.class)
                .hasMessageContaining("more than 5 partitions");
        assertThat(shard.partitions()).isZero();
    }

    @Test
    void an_answer_that_another_request_has_overtaken_is_an_error() {
        int id = open(1);
        FetchContext overtaken = sessions.context(request(id, 1, 0), true, false);
        use(id, 2);
        assertThat(overtaken.answer(new PartitionData[1]).errorCode())
                .isEqualTo(
                        org.apache.kafka.common.protocol.Errors.INVALID_FETCH_SESSION_EPOCH.code());
    }

    @Test
    void what_a_throttled_answer_did_not_tell_is_still_news() {
        int id = open(1);
        FetchContext throttled = sessions.context(request(id, 1, 0), true, false);
        assertThat(throttled.asked().get(0).isNews(7, -1)).isTrue();
        assertThat(throttled.withoutRecords().sessionId()).isEqualTo(id);

        FetchContext next = sessions.context(request(id, 2, 0), true, false);
        assertThat(next.asked().get(0).isNews(7, -1)).isTrue();
        next.answer(new PartitionData[] {new PartitionData().setHighWatermark(7)});
        assertThat(next.asked().get(0).isNews(7, -1)).isFalse();
    }
}

package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Offsets of transactions: all of a producer at its commit, and the later of two commits holds. */
class PendingOffsetsTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final TopicPartition T1 = new TopicPartition("t", 1);

    private final LoadedGroups groups = new LoadedGroups(new GroupCount(100));

    private static GroupRecord.OffsetCommitted offset(
            String group, TopicPartition partition, long offset) {
        return new GroupRecord.OffsetCommitted(
                group,
                partition.topic(),
                partition.partition(),
                new GroupRecord.CommittedOffset(offset, -1, "", 1, -1, Uuid.ZERO_UUID));
    }

    private long committed(String group, TopicPartition partition) {
        GroupRecord.CommittedOffset offset = groups.offsets(group).get(partition);
        return offset == null ? -1 : offset.offset();
    }

    @Test
    void a_commit_lets_all_offsets_of_the_producer_hold_and_no_others() {
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayPending(7, offset("h", T1, 11));
        groups.replayPending(8, offset("g", T1, 12));
        assertThat(groups.offsets("g")).isEmpty();
        assertThat(groups.isPending("g", T0)).isTrue();

        groups.replayEnd(7, true);

        assertThat(committed("g", T0)).isEqualTo(10);
        assertThat(committed("h", T1)).isEqualTo(11);
        assertThat(committed("g", T1)).isEqualTo(-1);
        assertThat(groups.isPending("g", T0)).isFalse();
        assertThat(groups.isPending("g", T1)).isTrue();
    }

    @Test
    void an_abort_leaves_what_was() {
        groups.replayOffset(offset("g", T0, 5));
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayEnd(7, false);

        assertThat(committed("g", T0)).isEqualTo(5);
        assertThat(groups.isPending("g", T0)).isFalse();
    }

    @Test
    void a_plain_commit_after_the_pending_one_holds_whatever_the_transaction_does() {
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayOffset(offset("g", T0, 20));
        groups.replayEnd(7, true);

        assertThat(committed("g", T0)).isEqualTo(20);
    }

    @Test
    void of_two_transactions_the_one_that_committed_later_in_the_log_holds() {
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayPending(8, offset("g", T0, 20));
        groups.replayEnd(8, true);
        groups.replayEnd(7, true);

        assertThat(committed("g", T0)).isEqualTo(20);
    }

    @Test
    void a_transaction_that_ends_later_and_wrote_later_holds() {
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayPending(8, offset("g", T0, 20));
        groups.replayEnd(7, true);
        assertThat(committed("g", T0)).isEqualTo(10);
        groups.replayEnd(8, true);

        assertThat(committed("g", T0)).isEqualTo(20);
    }

    @Test
    void deleting_an_offset_deletes_what_is_pending_for_it() {
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayPending(7, offset("g", T1, 11));
        groups.replayOffset(new GroupRecord.OffsetDeleted("g", "t", 0));
        groups.replayEnd(7, true);

        assertThat(committed("g", T0)).isEqualTo(-1);
        assertThat(committed("g", T1)).isEqualTo(11);
    }

    @Test
    void a_group_with_pending_offsets_is_known_and_deleted_with_them() {
        groups.replayPending(7, offset("g", T0, 10));
        assertThat(groups.all()).extracting(Group::groupId).containsExactly("g");

        List<GroupRecord> tombstones = groups.tombstones("g", partition -> true);
        assertThat(tombstones).containsExactly(new GroupRecord.OffsetDeleted("g", "t", 0));
        tombstones.forEach(groups::replayOffset);
        assertThat(groups.all()).isEmpty();
        groups.replayEnd(7, true);
        assertThat(groups.all()).isEmpty();
    }

    @Test
    void a_group_all_of_whose_offsets_were_aborted_is_forgotten() {
        groups.replayPending(7, offset("g", T0, 10));
        groups.replayEnd(7, false);
        assertThat(groups.all()).isEmpty();
    }

    @Test
    void offsets_of_an_open_transaction_do_not_expire() {
        groups.replayOffset(offset("g", T0, 5));
        groups.replayPending(7, offset("g", T0, 10));
        assertThat(groups.expired(1_000_000, 10).records()).isEmpty();
        groups.replayEnd(7, false);
        assertThat(groups.expired(1_000_000, 10).records())
                .contains(new GroupRecord.OffsetDeleted("g", "t", 0));
    }
}

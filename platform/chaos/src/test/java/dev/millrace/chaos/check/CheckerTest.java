package dev.millrace.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.chaos.check.Transfer.End;
import dev.millrace.chaos.check.Transfer.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A run in which all is well, and the same with one thing wrong. */
class CheckerTest {
    private static final TopicPartition WRITTEN = new TopicPartition("written", 0);
    private static final TopicPartition COPY = new TopicPartition("copy", 0);
    private static final TopicPartition ALICE = new TopicPartition("money", 0);
    private static final TopicPartition BOB = new TopicPartition("money", 1);

    private final History history = new History();
    private final Map<TopicPartition, List<Entry>> uncommitted = new HashMap<>();
    private final Map<TopicPartition, List<Entry>> committed = new HashMap<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<TopicPartition, Long> stable = new HashMap<>();

    CheckerTest() {
        history.keepsOrder("writer");
        acknowledged(0, 0);
        acknowledged(1, 1);
        history.add(new Write("writer", 2, WRITTEN, new Write.Unknown("no answer")));
        acknowledged(3, 2);
        put(WRITTEN, 0, "writer/0");
        put(WRITTEN, 1, "writer/1");
        put(WRITTEN, 2, "writer/3");

        history.copies("written", "copy");
        put(COPY, 0, "0<writer/0");
        put(COPY, 2, "1<writer/1");

        transfer(0, End.COMMITTED, 0, 0);
        put(ALICE, 0, "bank/0/0=-5");
        put(BOB, 0, "bank/0/1=5");
        transfer(1, End.ABORTED, -1, -1);
        aborted(ALICE, 2, "bank/1/0=-5");
        aborted(BOB, 2, "bank/1/1=5");
        transfer(2, End.UNKNOWN, -1, -1);

        ReadRun run = new ReadRun("reader", Isolation.READ_COMMITTED, WRITTEN, 0);
        run.add(0, "writer/0");
        run.add(1, "writer/1");
        history.add(run);
        history.sawEnd(WRITTEN, 3);

        history.add(new GroupEvent.Resume("group", WRITTEN, 0, 10, 11));
        history.add(new GroupEvent.Commit("group", WRITTEN, 1, 20, 21));
        history.add(new GroupEvent.Commit("group", WRITTEN, 2, 30, 31));
        history.add(new GroupEvent.Commit("group", WRITTEN, 3, 40, GroupEvent.UNANSWERED));
        history.add(new GroupEvent.Resume("group", WRITTEN, 2, 50, 51));
        history.add(new GroupEvent.Resume("group", WRITTEN, 3, 60, 61));
    }

    @Test
    void nothing_is_violated_when_all_is_well() {
        assertThat(violated()).isEmpty();
    }

    @Test
    void an_acknowledged_record_that_is_gone() {
        acknowledged(4, 3);

        assertThat(violated()).containsExactly("what is acknowledged is at its offset");
    }

    @Test
    void an_acknowledged_record_at_another_offset() {
        acknowledged(4, 3);
        put(WRITTEN, 4, "writer/4");

        assertThat(violated()).containsExactly("what is acknowledged is at its offset");
    }

    @Test
    void an_acknowledged_record_whose_offset_is_not_known_must_be_somewhere() {
        acknowledged(4, -1);
        acknowledged(5, -1);
        put(WRITTEN, 4, "writer/5");

        assertThat(violated()).containsExactly("what is acknowledged is at its offset");
    }

    @Test
    void a_record_of_unknown_outcome_may_be_there_once_but_not_twice() {
        history.add(new Write("writer", 4, WRITTEN, new Write.Unknown("no answer")));
        put(WRITTEN, 3, "writer/4");
        assertThat(violated()).isEmpty();

        put(WRITTEN, 4, "writer/4");
        assertThat(violated()).containsExactly("nothing is there twice");
    }

    @Test
    void records_of_an_idempotent_producer_out_of_order() {
        put(WRITTEN, 3, "writer/2");

        assertThat(violated()).containsExactly("an idempotent producer's records keep their order");
    }

    @Test
    void a_record_that_nobody_sent() {
        put(WRITTEN, 3, "stranger/0");

        assertThat(violated()).containsExactly("nobody else has written");
    }

    @Test
    void a_record_in_another_partition_than_it_was_sent_to() {
        put(ALICE, 4, "bank/0/1=5");

        assertThat(violated())
                .containsExactly("nobody else has written", "all accounts together hold nothing");
    }

    @Test
    void an_aborted_record_that_is_read() {
        put(ALICE, 2, "bank/1/0=-5");
        put(BOB, 2, "bank/1/1=5");

        assertThat(violated()).containsExactly("an aborted transaction is not read");
    }

    @Test
    void a_committed_transaction_of_which_half_is_gone() {
        transfer(3, End.COMMITTED, -1, -1);
        put(ALICE, 4, "bank/3/0=-5");

        assertThat(violated())
                .containsExactly(
                        "a committed transaction is there", "all accounts together hold nothing");
    }

    @Test
    void a_transaction_of_unknown_outcome_of_which_half_is_there() {
        put(ALICE, 4, "bank/2/0=-5");

        assertThat(violated())
                .containsExactly(
                        "a transaction is there whole or not at all",
                        "all accounts together hold nothing");
    }

    @Test
    void a_transaction_that_is_there_twice() {
        put(ALICE, 4, "bank/0/0=-5");
        put(BOB, 4, "bank/0/1=5");

        assertThat(violated())
                .contains(
                        "a committed record is there once",
                        "what is acknowledged is at its offset");
    }

    @Test
    void a_transaction_left_open() {
        ends.put(ALICE, 9L);

        assertThat(violated()).containsExactly("no transaction is left open");
    }

    @Test
    void a_committed_record_that_only_one_isolation_level_reads() {
        entries(uncommitted, WRITTEN).remove(2);

        assertThat(violated()).containsExactly("both isolation levels read the same records");
    }

    @Test
    void a_record_that_was_read_and_is_another_now() {
        ReadRun run = new ReadRun("reader", Isolation.READ_COMMITTED, WRITTEN, 1);
        run.add(1, "writer/2");
        history.add(run);

        assertThat(violated()).containsExactly("what was read once stays");
    }

    @Test
    void an_aborted_record_that_a_reader_of_committed_ones_was_given() {
        ReadRun run = new ReadRun("reader", Isolation.READ_COMMITTED, ALICE, 0);
        run.add(0, "bank/0/0=-5");
        run.add(2, "bank/1/0=-5");
        history.add(run);

        assertThat(violated()).containsExactly("what was read once stays");
    }

    @Test
    void a_record_that_a_reader_passed_over() {
        ReadRun run = new ReadRun("reader", Isolation.READ_UNCOMMITTED, WRITTEN, 0);
        run.add(0, "writer/0");
        run.add(2, "writer/3");
        history.add(run);

        assertThat(violated()).containsExactly("no reader passes over a record");
    }

    @Test
    void records_passed_over_at_the_end_of_what_a_reader_got() {
        ReadRun run = new ReadRun("reader", Isolation.READ_UNCOMMITTED, WRITTEN, 0);
        run.add(0, "writer/0");
        run.reached(2);
        history.add(run);

        assertThat(violated()).containsExactly("no reader passes over a record");
    }

    @Test
    void a_reader_that_is_given_a_record_twice() {
        ReadRun run = new ReadRun("reader", Isolation.READ_UNCOMMITTED, WRITTEN, 0);
        run.add(0, "writer/0");
        run.add(0, "writer/0");
        history.add(run);

        assertThat(violated()).containsExactly("a reader goes forward");
    }

    @Test
    void a_high_watermark_that_was_seen_and_is_gone() {
        history.sawEnd(WRITTEN, 4);

        assertThat(violated()).containsExactly("a high watermark that was seen stays");
    }

    @Test
    void a_group_that_begins_before_what_it_has_committed() {
        history.add(new GroupEvent.Resume("group", WRITTEN, 1, 70, 71));

        assertThat(violated()).containsExactly("a group goes on where it has committed");
    }

    @Test
    void a_group_that_begins_where_nobody_has_committed() {
        history.add(new GroupEvent.Commit("other", WRITTEN, 7, 40, 41));
        history.add(new GroupEvent.Resume("group", WRITTEN, 7, 70, 71));

        assertThat(violated()).containsExactly("a group goes on where it has committed");
    }

    @Test
    void a_record_that_was_not_copied_though_a_later_one_was() {
        acknowledged(4, 3);
        acknowledged(5, 4);
        put(WRITTEN, 3, "writer/4");
        put(WRITTEN, 4, "writer/5");
        put(COPY, 4, "2<writer/3");
        put(COPY, 6, "4<writer/5");

        assertThat(violated()).containsExactly("each record is copied once, in order");
    }

    @Test
    void a_record_that_was_copied_twice() {
        put(COPY, 4, "1<writer/1");

        assertThat(violated()).containsExactly("each record is copied once, in order");
    }

    @Test
    void a_copy_of_something_else() {
        put(COPY, 4, "2<writer/2");

        assertThat(violated()).containsExactly("a copy has an original");
    }

    @Test
    void offsets_that_do_not_ascend() {
        entries(uncommitted, COPY).add(0, new Entry(2, "1<writer/1"));

        assertThat(violated()).contains("offsets ascend");
    }

    private void acknowledged(long number, long offset) {
        history.add(new Write("writer", number, WRITTEN, new Write.Acknowledged(offset)));
    }

    private void transfer(long number, End end, long aliceOffset, long bobOffset) {
        history.add(
                new Transfer(
                        "bank",
                        number,
                        List.of(
                                new Part(ALICE, Transfer.value("bank", number, 0, -5), aliceOffset),
                                new Part(BOB, Transfer.value("bank", number, 1, 5), bobOffset)),
                        end));
    }

    private void put(TopicPartition partition, long offset, String value) {
        aborted(partition, offset, value);
        entries(committed, partition).add(new Entry(offset, value));
    }

    /** In the log, and not for those who read what is committed. */
    private void aborted(TopicPartition partition, long offset, String value) {
        List<Entry> all = entries(uncommitted, partition);
        all.removeIf(entry -> entry.offset() == offset);
        all.add(new Entry(offset, value));
        ends.put(partition, offset + 1);
        stable.put(partition, offset + 1);
    }

    private static List<Entry> entries(
            Map<TopicPartition, List<Entry>> contents, TopicPartition partition) {
        return contents.computeIfAbsent(partition, p -> new ArrayList<>());
    }

    /** The rules that were violated, each once. */
    private List<String> violated() {
        Map<TopicPartition, Contents.OfPartition> contents = new HashMap<>();
        for (TopicPartition partition : uncommitted.keySet()) {
            contents.put(
                    partition,
                    new Contents.OfPartition(
                            uncommitted.getOrDefault(partition, List.of()),
                            committed.getOrDefault(partition, List.of()),
                            ends.getOrDefault(partition, 0L),
                            stable.getOrDefault(partition, 0L)));
        }
        return new Checker(history, new Contents(contents))
                .check().stream().map(Violation::rule).distinct().toList();
    }
}

package dev.millrace.connect.offset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connect.offset.SubmittedRecords.Submitted;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SubmittedRecordsTest {
    private static final Map<String, String> A = Map.of("file", "a");
    private static final Map<String, String> B = Map.of("file", "b");

    private final SubmittedRecords records = new SubmittedRecords();

    @Test
    void an_offset_waits_for_all_records_before_it() {
        Submitted first = records.submit(A, Map.of("position", 1L));
        Submitted second = records.submit(A, Map.of("position", 2L));

        records.ack(second);
        assertThat(records.takeCommittable()).isEmpty();

        records.ack(first);
        assertThat(records.takeCommittable()).isEqualTo(Map.of(A, Map.of("position", 2L)));
        assertThat(records.takeCommittable()).isEmpty();
    }

    @Test
    void source_partitions_do_not_wait_for_each_other() {
        records.submit(A, Map.of("position", 1L));
        records.ack(records.submit(B, Map.of("position", 5L)));

        assertThat(records.takeCommittable()).isEqualTo(Map.of(B, Map.of("position", 5L)));
    }

    @Test
    void a_record_that_was_withdrawn_holds_nobody_up() throws Exception {
        records.withdraw(records.submit(A, Map.of("position", 1L)));

        assertThat(records.awaitAll(0)).isTrue();
    }

    @Test
    void waiting_ends_with_the_last_acknowledgement_or_the_timeout() throws Exception {
        Submitted record = records.submit(A, Map.of("position", 1L));
        assertThat(records.awaitAll(20)).isFalse();

        Thread acker = new Thread(() -> records.ack(record));
        acker.start();

        assertThat(records.awaitAll(10_000)).isTrue();
        acker.join();
    }

    @Test
    void records_without_a_source_partition_are_waited_for_but_not_committed() throws Exception {
        Submitted record = records.submit(null, null);
        assertThat(records.awaitAll(1)).isFalse();
        records.ack(record);
        assertThat(records.takeCommittable()).isEmpty();
    }
}

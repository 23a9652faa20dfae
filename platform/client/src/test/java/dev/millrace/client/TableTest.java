package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.codec.Codecs;
import io.reactivex.rxjava3.subscribers.TestSubscriber;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TableTest {
    private static Fixture fixture;

    @BeforeAll
    static void start() {
        fixture = new Fixture();
    }

    @AfterAll
    static void stop() {
        fixture.close();
    }

    @Test
    void the_snapshot_has_the_latest_value_of_each_key_then_updates_follow() {
        Topic<String, String> topic = fixture.topic("table");
        Fixture.done(topic.send("a", "1"));
        Fixture.done(topic.send("b", "1"));
        Fixture.done(topic.send("a", "2"));
        Fixture.done(topic.send("gone", "1"));
        Fixture.done(topic.send("gone", null));

        TestSubscriber<String> table = topic.table().map(TableTest::show).test();
        table.awaitCount(3);
        assertThat(table.values().subList(0, 2)).containsExactlyInAnyOrder("a=2", "b=1");
        assertThat(table.values().get(2)).isEqualTo("complete(2)");

        Fixture.done(topic.send("b", "3"));
        Fixture.done(topic.send("a", null));
        table.awaitCount(5);
        assertThat(table.values().subList(3, 5)).containsExactly("b=3", "a removed");
        table.cancel();
    }

    @Test
    void a_snapshot_obeys_demand_and_ends_with_until_now() {
        Topic<String, String> topic = fixture.topic("slow");
        for (int i = 0; i < 50; i++) {
            Fixture.done(topic.send("k" + i, "v"));
        }

        TestSubscriber<TableEvent<String, String>> table =
                topic.table(ReadOptions.fromBeginning().untilNow()).test(7);
        table.awaitCount(7);
        table.assertValueCount(7).request(Long.MAX_VALUE);

        table.awaitDone(10, TimeUnit.SECONDS).assertComplete().assertValueCount(51);
    }

    @Test
    void an_empty_topic_is_a_complete_snapshot_of_no_rows() {
        assertThat(fixture.topic("none").table().take(1).map(TableTest::show).blockingFirst())
                .isEqualTo("complete(0)");
    }

    @Test
    void a_table_beyond_the_limit_is_an_error_that_says_which() {
        Topic<String, String> topic = fixture.topic("large");
        for (int i = 0; i < 4; i++) {
            Fixture.done(topic.send("k" + i, "v"));
        }
        MillraceClient client =
                MillraceClient.connect(
                        ClientConfig.of(fixture.broker.bootstrapServers()).withMaxTableRows(3));
        try (client) {
            client.topic(topic.name())
                    .table()
                    .test()
                    .awaitDone(10, TimeUnit.SECONDS)
                    .assertError(ClientException.TableTooLarge.class)
                    .assertError(e -> Fixture.message(e).contains("more than 3 keys"));
        }
    }

    @Test
    void the_changelog_has_old_and_new_value_and_the_kind_of_change() {
        Topic<String, String> topic = fixture.topic("changes");
        Fixture.done(topic.send("a", "1"));
        Fixture.done(topic.send("a", "2"));
        Fixture.done(topic.send("never", null));
        Fixture.done(topic.send("a", null));
        Fixture.done(topic.send("a", "3"));

        List<String> changes =
                topic.changelog(ReadOptions.fromBeginning().untilNow())
                        .map(TableTest::show)
                        .toList()
                        .blockingGet();

        assertThat(changes)
                .containsExactly(
                        "INSERT a null->1",
                        "UPDATE a 1->2",
                        "DELETE a 2->null",
                        "INSERT a null->3");
    }

    @Test
    void a_changelog_from_an_offset_still_knows_the_old_values() {
        Topic<String, String> topic = fixture.topic("later");
        Fixture.done(topic.send("a", "1"));
        Fixture.done(topic.send("a", "2"));

        TestSubscriber<String> changes =
                topic.changelog(ReadOptions.fromOffsets(Map.of(0, 2L))).map(TableTest::show).test();
        Fixture.done(topic.send("a", "3"));
        changes.awaitCount(1);

        changes.assertValues("UPDATE a 2->3").cancel();
    }

    @Test
    void a_tombstone_and_an_empty_value_are_two_things() {
        Topic<String, byte[]> topic = fixture.topic("tombstone").values(Codecs.BYTES);
        Fixture.done(topic.send("a", new byte[0]));
        Fixture.done(topic.send("a", null));

        assertThat(
                        topic.changelog(ReadOptions.fromBeginning().untilNow())
                                .map(Change::kind)
                                .toList()
                                .blockingGet())
                .containsExactly(Change.Kind.INSERT, Change.Kind.DELETE);
    }

    @Test
    void tables_are_refused_what_they_cannot_do() {
        Topic<String, String> topic = Fixture.strings(fixture.client, "unused");
        assertThatThrownBy(() -> topic.table(ReadOptions.fromLatest()))
                .hasMessageContaining("from the beginning");
        assertThatThrownBy(() -> topic.changelog(ReadOptions.fromBeginning().group("g")))
                .hasMessageContaining("cannot be read by a group");
    }

    private static String show(TableEvent<String, String> event) {
        if (event instanceof TableEvent.Row<String, String> row) {
            return row.key() + "=" + row.value();
        }
        if (event instanceof TableEvent.Removed<String, String> removed) {
            return removed.key() + " removed";
        }
        return "complete(" + ((TableEvent.SnapshotComplete<String, String>) event).rows() + ")";
    }

    private static String show(Change<String, String> change) {
        return change.kind() + " " + change.key() + " " + change.before() + "->" + change.after();
    }
}

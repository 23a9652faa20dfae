package dev.millrace.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Server-Sent Events against a real broker, with tight limits. */
class LiveStreamsTest {
    private static ConsoleServer server;

    @BeforeAll
    static void start() {
        server = ConsoleServer.startWithSmallLimits();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void a_browser_that_left_holds_no_consumer() {
        await().atMost(Duration.ofSeconds(10)).until(() -> server.console().liveStreams() == 0);
    }

    @Test
    void a_tail_sends_what_arrives_after_it_was_opened() {
        String topic = server.newTopic("tail", 1);
        server.produce(topic, 0, "k", "before");
        try (SseReader tail = SseReader.open(server.url("/api/topics/" + topic + "/tail"), null)) {
            tail.next("ready");

            server.produce(topic, 0, "k", "after");

            JsonObject event = tail.next("records").data();
            assertThat(value(event)).isEqualTo("after");
            assertThat(event.getLong("dropped")).isZero();
        }
    }

    @Test
    void a_tail_goes_on_behind_the_last_event_it_sent() {
        String topic = server.newTopic("resume", 1);
        String url = server.url("/api/topics/" + topic + "/tail");
        String lastId;
        try (SseReader tail = SseReader.open(url, null)) {
            tail.next("ready");
            server.produce(topic, 0, "k", "seen");
            lastId = tail.next("records").id();
        }
        server.produce(topic, 0, "k", "missed");

        try (SseReader again = SseReader.open(url, lastId)) {
            assertThat(value(again.next("records").data())).isEqualTo("missed");
        }
    }

    @Test
    void a_tail_drops_the_oldest_and_counts_them_when_it_cannot_keep_up() {
        String topic = server.newTopic("drops", 1);
        try (SseReader tail =
                SseReader.open(server.url("/api/topics/" + topic + "/tail?from=beginning"), null)) {
            tail.next("ready");
            for (int i = 0; i < 2_000; i++) {
                server.send(topic, "k", "v" + i);
            }
            server.flush();

            long received = 0;
            JsonObject event;
            do {
                event = tail.next("records").data();
                received += event.getJsonArray("records").size();
            } while (!value(event).equals("v1999"));

            assertThat(event.getLong("dropped")).isPositive();
            assertThat(received + event.getLong("dropped")).isEqualTo(2_000);
        }
    }

    @Test
    void long_values_are_cut_and_marked() {
        String topic = server.newTopic("long", 1);
        server.produce(topic, 0, "k", "ä".repeat(100));
        try (SseReader tail =
                SseReader.open(server.url("/api/topics/" + topic + "/tail?from=beginning"), null)) {
            JsonObject value =
                    tail.next("records")
                            .data()
                            .getJsonArray("records")
                            .getJsonObject(0)
                            .getJsonObject("value");

            assertThat(value.getString("text")).isEqualTo("ä".repeat(16));
            assertThat(value.getInteger("size")).isEqualTo(200);
            assertThat(value.getBoolean("truncated")).isTrue();
        }
    }

    @Test
    void a_table_is_sent_as_it_is_and_then_as_it_changes() {
        String topic = server.newTopic("table", 1);
        server.produce(topic, 0, "a", "1");
        server.produce(topic, 0, "b", "1");
        try (SseReader table =
                SseReader.open(server.url("/api/topics/" + topic + "/table"), null)) {
            JsonObject rows = table.next("rows").data();
            assertThat(rows.getJsonArray("rows")).hasSize(2);
            assertThat(table.next("live").data().getInteger("keys")).isEqualTo(2);

            server.produce(topic, 0, "a", "2");
            server.produce(topic, 0, "b", null);

            Map<String, String> state = new HashMap<>(Map.of("a", "1", "b", "1"));
            String idOfB = rows.getJsonArray("rows").getJsonObject(1).getString("id");
            await().atMost(Duration.ofSeconds(10))
                    .until(
                            () -> {
                                JsonObject changes = table.next("changes").data();
                                changes.getJsonArray("upserts")
                                        .forEach(
                                                row -> {
                                                    JsonObject upsert = (JsonObject) row;
                                                    state.put(
                                                            text(upsert, "key"),
                                                            text(upsert, "value"));
                                                });
                                if (changes.getJsonArray("deletes").contains(idOfB)) {
                                    state.remove("b");
                                }
                                return state.equals(Map.of("a", "2"));
                            });
        }
    }

    @Test
    void a_table_keeps_the_most_recently_changed_keys() {
        String topic = server.newTopic("evict", 1);
        for (int i = 0; i < 30; i++) {
            server.produce(topic, 0, "k" + i, "v");
        }
        try (SseReader table =
                SseReader.open(server.url("/api/topics/" + topic + "/table"), null)) {
            JsonObject rows = table.next("rows").data();
            assertThat(rows.getJsonArray("rows")).hasSize(20);
            assertThat(text(rows.getJsonArray("rows").getJsonObject(0), "key")).isEqualTo("k10");
            assertThat(table.next("live").data().getLong("evicted")).isEqualTo(10);
        }
    }

    @Test
    void places_are_limited_and_given_back() {
        String topic = server.newTopic("places", 1);
        String url = server.url("/api/topics/" + topic + "/tail");
        SseReader first = SseReader.open(url, null);
        SseReader second = SseReader.open(url, null);
        try (SseReader third = SseReader.open(url, null)) {
            assertThat(first.status()).isEqualTo(200);
            assertThat(second.status()).isEqualTo(200);
            assertThat(third.status()).isEqualTo(503);
        }
        first.close();
        second.close();

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> {
                            try (SseReader again = SseReader.open(url, null)) {
                                assertThat(again.status()).isEqualTo(200);
                            }
                        });
    }

    @Test
    void the_list_of_topics_is_sent_whole_and_then_by_its_changes() {
        try (SseReader events = SseReader.open(server.url("/api/events"), null)) {
            events.next("topics");

            String topic = server.newTopic("events", 1);
            JsonObject appeared = events.next("changes", event -> row(event, topic) != null).data();
            assertThat(row(appeared, topic)).containsEntry("records", 0);

            server.produce(topic, 0, "k", "v");
            events.next(
                    "changes",
                    event -> {
                        Map<String, Object> row = row(event, topic);
                        return row != null && Integer.valueOf(1).equals(row.get("records"));
                    });
        }
    }

    private static @org.jspecify.annotations.Nullable Map<String, Object> row(
            JsonObject event, String topic) {
        for (Object changed : event.getJsonArray("changed")) {
            JsonObject row = (JsonObject) changed;
            if (row.getString("name").equals(topic)) {
                return row.getMap();
            }
        }
        return null;
    }

    /** Of the last record of an event. */
    private static String value(JsonObject event) {
        int last = event.getJsonArray("records").size() - 1;
        return text(event.getJsonArray("records").getJsonObject(last), "value");
    }

    private static String text(JsonObject record, String part) {
        return record.getJsonObject(part).getString("text");
    }
}

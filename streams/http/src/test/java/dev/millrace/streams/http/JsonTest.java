package dev.millrace.streams.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.streams.state.ValueAndTimestamp;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class JsonTest {
    private final ObjectMapper json = new ObjectMapper();

    @Property(tries = 200)
    void any_text_comes_back(@ForAll String text) throws Exception {
        String paired =
                new String(
                        text.getBytes(StandardCharsets.UTF_8),
                        StandardCharsets.UTF_8); // without halves of pairs
        assertThat(new ObjectMapper().readTree(Json.of(paired)).asText()).isEqualTo(paired);
    }

    @Test
    void values_are_what_json_can_say() throws Exception {
        JsonNode row =
                json.readTree(
                        Json.object(
                                "none",
                                null,
                                "yes",
                                true,
                                "many",
                                Long.MIN_VALUE,
                                "half",
                                0.5,
                                "endless",
                                Double.POSITIVE_INFINITY,
                                "bytes",
                                new byte[] {1, 2},
                                "list",
                                List.of(1, "a"),
                                "map",
                                Map.of("a", 1),
                                "both",
                                new ValueAndTimestamp<>("v", 7)));
        assertThat(row.get("none").isNull()).isTrue();
        assertThat(row.get("yes").asBoolean()).isTrue();
        assertThat(row.get("many").asLong()).isEqualTo(Long.MIN_VALUE);
        assertThat(row.get("half").asDouble()).isEqualTo(0.5);
        assertThat(row.get("endless").asText()).isEqualTo("Infinity");
        assertThat(row.get("bytes").asText()).isEqualTo("AQI=");
        assertThat(row.get("list").get(1).asText()).isEqualTo("a");
        assertThat(row.get("map").get("a").asInt()).isEqualTo(1);
        assertThat(row.get("both").get("timestamp").asInt()).isEqualTo(7);
    }
}

package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.alone;
import static dev.millrace.cluster.TestNodes.await;
import static dev.millrace.cluster.TestNodes.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LiveGroupsTest {
    private Cluster cluster;
    private LiveGroups groups;

    @BeforeAll
    void startNode(@TempDir Path directory) {
        cluster = start(alone(directory));
        groups = cluster.liveGroups();
        // Asked before the member is up: answered when it is.
        assertThat(await(groups.get("early"))).isEmpty();
    }

    @AfterAll
    void closeNode() {
        cluster.close();
    }

    private boolean put(String group, int coordinatorEpoch, String state) {
        return await(groups.put(group, coordinatorEpoch, state.getBytes(StandardCharsets.UTF_8)));
    }

    private Optional<String> get(String group) {
        return await(groups.get(group)).map(state -> new String(state, StandardCharsets.UTF_8));
    }

    @Test
    void a_coordinator_may_write_again_in_its_epoch() {
        assertThat(put("again", 3, "one")).isTrue();
        assertThat(put("again", 3, "two")).isTrue();

        assertThat(get("again")).contains("two");
    }

    @Test
    void a_newer_coordinator_takes_over_and_the_old_one_is_refused() {
        put("fenced", 3, "old");

        assertThat(put("fenced", 4, "new")).isTrue();
        assertThat(put("fenced", 3, "late")).isFalse();

        assertThat(get("fenced")).contains("new");
    }

    @Test
    void an_old_coordinator_cannot_remove_what_a_newer_one_wrote() {
        put("kept", 4, "new");

        assertThat(await(groups.remove("kept", 3))).isFalse();
        assertThat(get("kept")).contains("new");
        assertThat(await(groups.remove("kept", 4))).isTrue();
        assertThat(get("kept")).isEmpty();
    }

    @Test
    void a_group_nobody_wrote_is_empty_and_removing_it_is_no_failure() {
        assertThat(get("nobody")).isEmpty();
        assertThat(await(groups.remove("nobody", 1))).isTrue();
    }

    @Test
    void state_may_be_empty_or_large() {
        byte[] large = new byte[1 << 20];
        large[large.length - 1] = 7;

        assertThat(put("empty", 1, "")).isTrue();
        assertThat(await(groups.put("large", 1, large))).isTrue();

        assertThat(get("empty")).contains("");
        assertThat(await(groups.get("large"))).contains(large);
    }
}

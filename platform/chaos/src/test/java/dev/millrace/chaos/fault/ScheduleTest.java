package dev.millrace.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void the_same_seed_gives_the_same_episodes() {
        assertThat(episodes(7, 50)).isEqualTo(episodes(7, 50)).isNotEqualTo(episodes(8, 50));
    }

    @Test
    void shorter_episodes_have_the_same_faults() {
        Schedule usual = new Schedule(5, Fault.kinds());
        Schedule brief = new Schedule(5, Fault.kinds(), 4_000);

        for (int i = 0; i < 50; i++) {
            Episode episode = brief.next();

            assertThat(episode.faults()).isEqualTo(usual.next().faults());
            assertThat(episode.lastsMs()).isBetween(1_000, 4_000);
        }
    }

    @Test
    void every_kind_begins_an_episode_before_any_comes_again() {
        int kinds = Fault.kinds().size();

        List<String> first =
                episodes(3, 2 * kinds).stream()
                        .map(episode -> episode.faults().get(0).kind())
                        .collect(Collectors.toList());

        assertThat(first.subList(0, kinds)).containsExactlyInAnyOrderElementsOf(Fault.kinds());
        assertThat(first.subList(kinds, 2 * kinds))
                .containsExactlyInAnyOrderElementsOf(Fault.kinds());
    }

    @Test
    void only_the_chosen_kinds_come() {
        Schedule schedule = new Schedule(1, List.of("kill", "bridge"));

        assertThat(
                        Stream.generate(schedule::next)
                                .limit(40)
                                .flatMap(episode -> episode.faults().stream())
                                .map(Fault::kind))
                .containsOnly("kill", "bridge");
    }

    @Test
    void a_kind_that_does_not_exist_is_refused_with_those_that_do() {
        assertThatThrownBy(() -> new Schedule(1, List.of("earthquake")))
                .hasMessageContaining("earthquake")
                .hasMessageContaining("rolling-restart");
    }

    private static List<Episode> episodes(long seed, int count) {
        return Stream.generate(new Schedule(seed, Fault.kinds())::next).limit(count).toList();
    }
}

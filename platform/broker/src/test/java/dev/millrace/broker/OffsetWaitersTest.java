package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class OffsetWaitersTest {
    private final OffsetWaiters waiters = new OffsetWaiters();
    private final List<String> passed = new ArrayList<>();

    private OffsetWaiters.Waiter wait(String name, long offset) {
        return waiters.add(offset, () -> passed.add(name));
    }

    @Test
    void progress_completes_those_below_it_in_the_order_of_their_offsets() {
        wait("c", 7);
        wait("a", 3);
        wait("d", 10);
        wait("b", 7);

        waiters.passed(10);

        assertThat(passed).containsExactly("a", "c", "b");
        assertThat(waiters.size()).isEqualTo(1);
    }

    @Test
    void one_that_waits_for_the_offset_reached_goes_on_waiting() {
        wait("a", 5);

        waiters.passed(5);
        assertThat(passed).isEmpty();

        waiters.passed(6);
        assertThat(passed).containsExactly("a");
    }

    @Test
    void one_that_gave_up_is_not_called_and_may_give_up_twice() {
        OffsetWaiters.Waiter a = wait("a", 1);
        wait("b", 1);

        waiters.remove(a);
        waiters.remove(a);
        waiters.passedAll();

        assertThat(passed).containsExactly("b");
        assertThat(waiters.size()).isZero();
    }

    @Property(tries = 200)
    void behaves_as_a_sorted_map_of_queues(@ForAll long seed) {
        Random random = new Random(seed);
        TreeMap<Long, List<Integer>> model = new TreeMap<>();
        List<OffsetWaiters.Waiter> added = new ArrayList<>();
        List<Integer> called = new ArrayList<>();
        List<Integer> expected = new ArrayList<>();
        for (int step = 0; step < 200; step++) {
            int number = added.size();
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    long offset = random.nextInt(30);
                    added.add(waiters.add(offset, () -> called.add(number)));
                    model.computeIfAbsent(offset, o -> new ArrayList<>()).add(number);
                }
                case 2 -> {
                    if (number > 0) {
                        int victim = random.nextInt(number);
                        waiters.remove(added.get(victim));
                        model.values().forEach(queue -> queue.remove((Integer) victim));
                    }
                }
                default -> {
                    long end = random.nextInt(30);
                    waiters.passed(end);
                    model.headMap(end).values().forEach(expected::addAll);
                    model.headMap(end).clear();
                }
            }
            assertThat(called).isEqualTo(expected);
            assertThat(waiters.size())
                    .isEqualTo(model.values().stream().mapToInt(List::size).sum());
        }
        waiters.passedAll();
        called.clear();
    }
}

package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HomingTest {
    private final Vertx vertx = Vertx.vertx();
    private final ContextInternal here = ((VertxInternal) vertx).createEventLoopContext();
    private final ContextInternal there = ((VertxInternal) vertx).createEventLoopContext();
    private final ContextInternal elsewhere = ((VertxInternal) vertx).createEventLoopContext();
    private final Homing homing = new Homing();

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private void hear(@Nullable ContextInternal home, int times) {
        for (int i = 0; i < times; i++) {
            homing.heard(home, here);
        }
    }

    @Test
    void goes_where_its_requests_belong_once_enough_of_them_agree() {
        hear(there, 3);
        assertThat(homing.destination()).isNull();

        hear(there, 1);
        assertThat(homing.isDue()).isTrue();
        assertThat(homing.destination()).isSameAs(there);
    }

    @Test
    void stays_while_requests_belong_here_or_to_several_loops() {
        hear(here, 10);
        hear(there, 3);
        hear(null, 1);
        hear(there, 3);
        hear(here, 1);
        hear(there, 3);
        hear(elsewhere, 3);
        assertThat(homing.isDue()).isFalse();
    }

    @Test
    void listens_to_one_request_in_sixteen() {
        int heard = 0;
        for (int i = 0; i < 160; i++) {
            heard += homing.listens() ? 1 : 0;
        }
        assertThat(heard).isEqualTo(10);
    }

    @Test
    void stays_for_good_after_three_moves() {
        for (int i = 0; i < 3; i++) {
            homing.moved();
        }
        for (int i = 0; i < 160; i++) {
            assertThat(homing.listens()).isFalse();
        }
    }

    @Test
    void spreads_connections_over_the_loops_and_so_is_every_second_one() {
        for (int loops = 1; loops <= 8; loops++) {
            List<ContextInternal> all =
                    Stream.generate(() -> ((VertxInternal) vertx).createEventLoopContext())
                            .limit(loops)
                            .toList();
            LoopBalance every = new LoopBalance(all);
            LoopBalance second = new LoopBalance(all);
            for (long id = 0; id < 240; id++) {
                every.place(id);
                second.place(2 * id + 1);
            }
            for (ContextInternal loop : all) {
                assertThat(every.connections(loop)).isBetween(240 / loops - 3, 240 / loops + 3);
                assertThat(second.connections(loop)).isBetween(240 / loops - 3, 240 / loops + 3);
            }
        }
    }

    @Test
    void a_loop_takes_over_only_a_few_connections_more_than_its_share() {
        LoopBalance balance = new LoopBalance(List.of(here, there));
        for (long id = 0; id < 100; id++) {
            balance.place(id);
        }
        int moved = 0;
        while (balance.moves(here, there)) {
            moved++;
        }
        assertThat(balance.connections(there)).isEqualTo(58);
        assertThat(balance.connections(here)).isEqualTo(42);
        assertThat(moved).isPositive();

        balance.left(there);
        assertThat(balance.connections(there)).isEqualTo(57);
    }
}

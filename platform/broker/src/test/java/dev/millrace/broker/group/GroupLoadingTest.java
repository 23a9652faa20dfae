package dev.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.CoordinatorLog;
import dev.millrace.cluster.LiveGroups;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.TxnGuard;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The groups of a partition are loaded when it is led, and again when that has failed. */
@Timeout(60)
class GroupLoadingTest {
    private final Vertx vertx = Vertx.vertx();
    private final EmptyLog log = new EmptyLog();
    private final GroupVerticle groups =
            new GroupVerticle(
                    1,
                    GroupConfig.DEFAULT,
                    new GroupCount(10),
                    System::currentTimeMillis,
                    log,
                    new NothingShared(),
                    () -> new MetadataImage(1, "c", 1, Map.of(), Map.of(), Map.of(), Map.of()),
                    () -> 0);

    @BeforeEach
    void start() throws Exception {
        await(vertx.deployVerticle(groups));
    }

    @AfterEach
    void stop() throws Exception {
        await(vertx.close());
    }

    @Test
    void what_could_not_be_loaded_at_once_is_loaded_for_the_next_who_asks() throws Exception {
        log.led = false;
        assertThatThrownBy(this::ask)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(NotCoordinatorException.class);

        log.led = true;

        assertThat(ask()).isEqualTo(7);
    }

    @Test
    void what_is_loaded_is_not_loaded_again() throws Exception {
        ask();
        ask();

        assertThat(log.replays).isEqualTo(1);
    }

    private int ask() throws Exception {
        return await(groups.submit(0, shard -> Future.succeededFuture(shard.coordinatorEpoch())));
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Led by this node in epoch 7, or not at all. */
    private static final class EmptyLog implements CoordinatorLog {
        volatile boolean led;

        /** Written on the verticle's loop, read when its futures are done. */
        int replays;

        EmptyLog() {
            led = true;
        }

        @Override
        public Future<Integer> partitions() {
            return Future.succeededFuture(1);
        }

        @Override
        public Future<Integer> leaderEpoch(int partition) {
            return led
                    ? Future.succeededFuture(7)
                    : Future.failedFuture(new NotCoordinatorException("nobody leads it"));
        }

        @Override
        public boolean standsAside(int partition) {
            return false;
        }

        @Override
        public Future<Long> append(
                int partition, int leaderEpoch, ByteBuffer batches, AppendTerms terms) {
            throw new AssertionError("nothing is written here");
        }

        @Override
        public Future<Optional<TxnGuard>> transactionGuard(
                int partition, long producerId, short epoch, boolean transactionV2) {
            throw new AssertionError("there are no transactions here");
        }

        @Override
        public ContextInternal loop(int partition) {
            throw new AssertionError("groups have loops of their own");
        }

        @Override
        public Future<Void> replay(int partition, Consumer<ByteBuffer> batches) {
            replays++;
            return Future.succeededFuture();
        }
    }

    private static final class NothingShared implements LiveGroups {
        @Override
        public CompletionStage<Boolean> put(String groupId, int coordinatorEpoch, byte[] state) {
            return CompletableFuture.completedStage(true);
        }

        @Override
        public CompletionStage<Optional<byte[]>> get(String groupId) {
            return CompletableFuture.completedStage(Optional.empty());
        }

        @Override
        public CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch) {
            return CompletableFuture.completedStage(true);
        }
    }
}

package dev.millrace.broker.txn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.txn.TxnShard.Answer;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.FetchedRecords;
import dev.millrace.log.LogConfig;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.TxnGuard;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Producers of both protocol versions, each of several incarnations, a coordinator that crashes and
 * is loaded again, and partitions with real logs; appends, markers and answers are late, lost and
 * out of order. Whatever happens:
 *
 * <ul>
 *   <li>a transaction is committed in all of its partitions, or aborted in all of them;
 *   <li>what a producer was told is what has happened, and an acknowledged record of a committed
 *       transaction is there;
 *   <li>no marker ends another transaction than its own;
 *   <li>no two incarnations of a transactional id have the same producer id and epoch;
 *   <li>when everybody has fallen silent for long enough, no transaction is open.
 * </ul>
 */
class TransactionSimulationTest {
    private static final int PARTITIONS = 3;
    private static final int STEPS = 250;
    private static final int TIMEOUT_MS = 10_000;
    private static final int SEEDS = Integer.getInteger("millrace.test.seeds", 60);

    @Property(tries = 10)
    void promises_hold_in_every_interleaving(@ForAll long seed) throws IOException {
        run(seed);
    }

    /** {@code -Dmillrace.test.seeds=N} for more of them. */
    @Example
    void promises_hold_for_many_seeds() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            run(seed);
        }
    }

    private static void run(long seed) throws IOException {
        try (Run run = new Run(seed)) {
            run.play();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /** One transaction of one producer, as the producer sees it. */
    private static final class Attempt {
        private final String name;
        private final Set<String> acknowledged = new HashSet<>();
        private @Nullable Boolean told;

        Attempt(String name) {
            this.name = name;
        }
    }

    /** An incarnation of a producer; a zombie once another has taken its transactional id. */
    private static final class Producer {
        private final String id;
        private final boolean v2;
        private long producerId;
        private short epoch;
        private final Map<Integer, Integer> sequences = new HashMap<>();
        private final Set<Integer> added = new HashSet<>();
        private @Nullable Attempt attempt;
        private boolean waits;
        private boolean dead;
        private boolean ending;

        /** A record's fate is not known, so the transaction cannot be committed. */
        private boolean mustAbort;

        /** With v1, before it goes on after that. */
        private boolean mustInit;

        Producer(String id, boolean v2) {
            this.id = id;
            this.v2 = v2;
        }

        short version() {
            return v2 ? (short) 2 : 0;
        }
    }

    private static final class Run implements AutoCloseable {
        private final Random random;
        private final Path directory;
        private final LogDirectory logs;
        private final List<PartitionLog> partitions = new ArrayList<>();
        private final FakeWorld world = new FakeWorld();
        private final TxnConfig config = TxnConfig.from(Map.of());
        private final List<Runnable> late = new ArrayList<>();
        private final List<Producer> producers = new ArrayList<>();
        private final List<Attempt> attempts = new ArrayList<>();
        private final Set<String> epochsGiven = new HashSet<>();

        /** Markers that were sent, and come again, or after their coordinator is gone. */
        private final List<FakeWorld.Sent> stragglers = new ArrayList<>();

        private int coordinatorEpoch;
        private TxnShard shard;

        Run(long seed) throws IOException {
            random = new Random(seed);
            directory = Files.createTempDirectory("transactions");
            logs =
                    LogDirectory.open(
                            directory,
                            LogDirectoryConfig.of("MkU3OEVBNTcwNTJENDM2Qk", 1),
                            topic -> LogConfig.DEFAULT);
            Uuid id = Uuid.randomUuid();
            for (int i = 0; i < PARTITIONS; i++) {
                partitions.add(logs.create(new TopicPartition("t", i), id, LogConfig.DEFAULT));
            }
            world.slowLog = true;
            world.slowMarkers = true;
            shard = load();
        }

        private TxnShard load() {
            TxnShard loaded =
                    new TxnShard(
                            config,
                            new TxnCount(100),
                            () -> world.nowMs,
                            coordinatorEpoch++,
                            world);
            world.log.forEach(batches -> TransactionLog.forEach(batches, loaded::replay));
            loaded.loaded();
            return loaded;
        }

        private void play() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                int dice = random.nextInt(100);
                if (dice < 2) {
                    crash();
                } else if (dice < 5) {
                    world.pass(random.nextInt(TIMEOUT_MS / 2));
                    shard.abortTimedOut();
                } else if (dice < 8) {
                    world.pass(random.nextInt(200));
                } else if (dice < 10 && !stragglers.isEmpty()) {
                    append(stragglers.remove(random.nextInt(stragglers.size())));
                } else if (dice < 40) {
                    letSomethingHappen();
                } else if (dice < 46 || producers.isEmpty()) {
                    begin();
                } else {
                    act(producers.get(random.nextInt(producers.size())));
                }
            }
            settle();
            check();
        }

        // ---- the world

        /** The newest records may or may not have reached the log. */
        private void crash() {
            int written = random.nextInt(world.appending.size() + 1);
            shard.close(Errors.NOT_COORDINATOR);
            for (int i = 0; i < written; i++) {
                world.log.add(world.appending.remove().batches());
            }
            world.appending.clear();
            for (FakeWorld.Sent sent : world.sent) {
                if (random.nextBoolean()) {
                    stragglers.add(sent);
                }
            }
            world.sent.clear();
            shard = load();
        }

        private void letSomethingHappen() {
            List<Runnable> possible = new ArrayList<>();
            if (!world.appending.isEmpty()) {
                possible.add(world::letAppend);
            }
            for (FakeWorld.Sent sent : world.sent) {
                possible.add(() -> deliver(sent));
            }
            for (Runnable work : late) {
                possible.add(
                        () -> {
                            late.remove(work);
                            work.run();
                        });
            }
            if (!possible.isEmpty()) {
                possible.get(random.nextInt(possible.size())).run();
            }
        }

        private void deliver(FakeWorld.Sent sent) {
            world.sent.remove(sent);
            // With v1 nothing tells a marker that comes again from one of the next transaction:
            // KIP-890 is about that.
            if (sent.marker().version() >= 2 && random.nextInt(3) == 0) {
                stragglers.add(sent);
            }
            ApiException refused = append(sent);
            if (refused == null) {
                sent.promise().complete();
            } else {
                sent.promise().fail(refused);
            }
        }

        private @Nullable ApiException append(FakeWorld.Sent sent) {
            TxnMarker marker = sent.marker();
            try {
                PartitionLog log = partitions.get(sent.partition().partition());
                log.appendAsLeader(
                        RecordBatchBuilder.endTransaction(
                                marker.producerId(),
                                marker.producerEpoch(),
                                marker.commit(),
                                marker.coordinatorEpoch(),
                                world.nowMs),
                        0,
                        AppendOrigin.COORDINATOR,
                        AppendTerms.marker(marker.version()));
                log.advanceHighWatermark(log.logEndOffset());
                return null;
            } catch (ApiException e) {
                return e;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Everybody is silent; the coordinator has the last word. */
        private void settle() {
            crash();
            producers.forEach(producer -> producer.dead = true);
            stragglers.forEach(this::append);
            for (int round = 0; round < 200; round++) {
                while (!world.appending.isEmpty() || !world.sent.isEmpty() || !late.isEmpty()) {
                    letSomethingHappen();
                }
                world.pass(TIMEOUT_MS / 2);
                shard.abortTimedOut();
            }
            assertThat(world.broken).isNull();
        }

        // ---- producers

        private void begin() {
            Producer producer = new Producer("id" + random.nextInt(2), random.nextBoolean());
            producer.waits = true;
            answered(
                    producer,
                    shard.init(producer.id, TIMEOUT_MS, null),
                    answer -> {
                        if (answer.error() == Errors.NONE) {
                            assertThat(
                                            epochsGiven.add(
                                                    producer.id
                                                            + answer.producerId()
                                                            + "/"
                                                            + answer.epoch()))
                                    .as("given once: %s", answer)
                                    .isTrue();
                            producer.producerId = answer.producerId();
                            producer.epoch = answer.epoch();
                            producers.add(producer);
                        }
                    });
        }

        private interface Heard {
            void hear(Answer answer) throws IOException;
        }

        /** Answers may be slow; a producer sends its next request when it has heard. */
        private void answered(Producer producer, Future<Answer> answer, Heard heard) {
            answer.onComplete(
                    result -> {
                        Runnable hear =
                                () -> {
                                    producer.waits = false;
                                    try {
                                        heard.hear(result.result());
                                    } catch (IOException e) {
                                        throw new IllegalStateException(e);
                                    }
                                };
                        if (random.nextInt(4) == 0) {
                            late.add(hear);
                        } else {
                            hear.run();
                        }
                    });
        }

        private void act(Producer producer) throws IOException {
            if (producer.waits || producer.dead) {
                return;
            }
            int dice = random.nextInt(10);
            if (producer.mustInit) {
                raiseEpoch(producer);
            } else if (producer.ending || producer.mustAbort) {
                end(producer, producer.ending && lastResult(producer));
            } else if (producer.attempt != null && dice < 3) {
                end(producer, random.nextInt(3) > 0);
            } else {
                write(producer, random.nextInt(PARTITIONS));
            }
        }

        private final Map<Producer, Boolean> results = new HashMap<>();

        private boolean lastResult(Producer producer) {
            return Objects.requireNonNull(results.get(producer));
        }

        private void write(Producer producer, int partition) throws IOException {
            Attempt attempt = producer.attempt;
            if (attempt == null) {
                attempt = new Attempt("txn" + attempts.size());
                attempts.add(attempt);
                producer.attempt = attempt;
            }
            TopicPartition tp = new TopicPartition("t", partition);
            if (!producer.v2 && !producer.added.contains(partition)) {
                producer.waits = true;
                answered(
                        producer,
                        shard.add(
                                producer.id,
                                producer.producerId,
                                producer.epoch,
                                Set.of(tp),
                                (short) 0),
                        answer -> {
                            if (answer.error() == Errors.NONE) {
                                producer.added.add(partition);
                            } else {
                                fail(producer, answer.error());
                            }
                        });
                return;
            }
            produce(producer, attempt, tp);
        }

        private void raiseEpoch(Producer producer) {
            producer.waits = true;
            answered(
                    producer,
                    shard.init(
                            producer.id,
                            TIMEOUT_MS,
                            new TxnCommand.ProducerIdAndEpoch(producer.producerId, producer.epoch)),
                    answer -> {
                        if (answer.error() != Errors.NONE) {
                            fail(producer, answer.error());
                            return;
                        }
                        producer.mustInit = false;
                        producer.producerId = answer.producerId();
                        producer.epoch = answer.epoch();
                        producer.sequences.clear();
                    });
        }

        /**
         * What the broker does with a batch. The client may lose patience meanwhile: what it then
         * does is its affair, and the batch is still on its way.
         */
        private void produce(Producer producer, Attempt attempt, TopicPartition tp) {
            PartitionLog log = partitions.get(tp.partition());
            int sequence = producer.sequences.getOrDefault(tp.partition(), 0);
            TxnGuard guard;
            try {
                guard =
                        log.transactionGuard(
                                producer.producerId, producer.epoch, sequence, producer.v2);
            } catch (ApiException e) {
                fail(producer, Errors.forException(e));
                return;
            }
            if (guard == null) {
                append(producer, attempt, tp, sequence, null);
                return;
            }
            if (random.nextInt(4) == 0) {
                admitLater(producer, attempt, tp, sequence, guard);
                producer.mustAbort = true;
                return;
            }
            producer.waits = true;
            if (producer.v2) {
                answered(
                        producer,
                        shard.add(
                                producer.id,
                                producer.producerId,
                                producer.epoch,
                                Set.of(tp),
                                (short) 2),
                        answer -> {
                            if (answer.error() == Errors.NONE) {
                                append(producer, attempt, tp, sequence, guard);
                            } else {
                                fail(producer, answer.error());
                            }
                        });
                return;
            }
            Errors verified =
                    Objects.requireNonNull(
                            shard.verify(
                                            producer.id,
                                            producer.producerId,
                                            producer.epoch,
                                            Set.of(tp))
                                    .get(tp));
            late.add(
                    () -> {
                        producer.waits = false;
                        if (verified == Errors.NONE) {
                            append(producer, attempt, tp, sequence, guard);
                        } else {
                            fail(producer, verified);
                        }
                    });
        }

        /** The coordinator admits it now, it reaches the log some time, and nobody hears of it. */
        private void admitLater(
                Producer producer,
                Attempt attempt,
                TopicPartition tp,
                int sequence,
                TxnGuard guard) {
            long producerId = producer.producerId;
            short epoch = producer.epoch;
            Runnable append =
                    () -> late.add(() -> write(producerId, epoch, attempt, tp, sequence, guard));
            if (producer.v2) {
                shard.add(producer.id, producerId, epoch, Set.of(tp), (short) 2)
                        .onSuccess(
                                answer -> {
                                    if (answer.error() == Errors.NONE) {
                                        append.run();
                                    }
                                });
            } else if (shard.verify(producer.id, producerId, epoch, Set.of(tp)).get(tp)
                    == Errors.NONE) {
                append.run();
            }
        }

        private @Nullable ApiException write(
                long producerId,
                short epoch,
                Attempt attempt,
                TopicPartition tp,
                int sequence,
                @Nullable TxnGuard guard) {
            String value = attempt.name + "#" + tp.partition() + "#" + sequence;
            try {
                PartitionLog log = partitions.get(tp.partition());
                log.appendAsLeader(
                        new RecordBatchBuilder()
                                .producer(producerId, epoch, sequence)
                                .transactional()
                                .append(world.nowMs, null, value.getBytes(StandardCharsets.UTF_8))
                                .build(),
                        0,
                        AppendOrigin.CLIENT,
                        AppendTerms.guarded(guard));
                log.advanceHighWatermark(log.logEndOffset());
                return null;
            } catch (ApiException e) {
                return e;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private void append(
                Producer producer,
                Attempt attempt,
                TopicPartition tp,
                int sequence,
                @Nullable TxnGuard guard) {
            ApiException refused =
                    write(producer.producerId, producer.epoch, attempt, tp, sequence, guard);
            if (refused == null) {
                producer.sequences.put(tp.partition(), sequence + 1);
                attempt.acknowledged.add(attempt.name + "#" + tp.partition() + "#" + sequence);
            } else {
                fail(producer, Errors.forException(refused));
            }
        }

        private void end(Producer producer, boolean commit) {
            Attempt attempt = Objects.requireNonNull(producer.attempt);
            producer.waits = true;
            producer.ending = true;
            results.put(producer, commit);
            answered(
                    producer,
                    shard.end(
                            producer.id,
                            producer.producerId,
                            producer.epoch,
                            commit,
                            producer.version()),
                    answer -> {
                        if (answer.error() != Errors.NONE) {
                            fail(producer, answer.error());
                            return;
                        }
                        attempt.told = commit;
                        producer.ending = false;
                        producer.attempt = null;
                        producer.added.clear();
                        producer.mustInit = producer.mustAbort && !producer.v2;
                        producer.mustAbort = false;
                        if (producer.v2) {
                            producer.producerId = answer.producerId();
                            producer.epoch = answer.epoch();
                            producer.sequences.clear();
                        }
                    });
        }

        /** As clients do: try again, or give up for good. */
        private static void fail(Producer producer, Errors error) {
            switch (error) {
                case CONCURRENT_TRANSACTIONS, NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE -> {}
                default -> producer.dead = true;
            }
        }

        // ---- what must be

        private void check() throws IOException {
            Map<String, Set<String>> outcomes = new HashMap<>();
            Set<String> committed = new HashSet<>();
            for (PartitionLog log : partitions) {
                assertThat(log.lastStableOffset())
                        .as("nothing is open in %s", log.topicPartition())
                        .isEqualTo(log.logEndOffset());
                read(log, outcomes, committed);
            }
            outcomes.forEach(
                    (attempt, seen) -> assertThat(seen).as("outcomes of %s", attempt).hasSize(1));
            for (Attempt attempt : attempts) {
                Boolean told = attempt.told;
                Set<String> seen = outcomes.getOrDefault(attempt.name, Set.of());
                if (told != null && !seen.isEmpty()) {
                    assertThat(seen).as(attempt.name).containsExactly(told ? "commit" : "abort");
                }
                if (told != null && told) {
                    assertThat(committed).containsAll(attempt.acknowledged);
                }
            }
        }

        private static void read(
                PartitionLog log, Map<String, Set<String>> outcomes, Set<String> committed)
                throws IOException {
            Map<Long, List<String>> open = new HashMap<>();
            long offset = 0;
            while (offset < log.logEndOffset()) {
                FetchedRecords fetched = log.read(offset, log.logEndOffset(), 1 << 20, true);
                ByteBuffer bytes = Objects.requireNonNull(fetched.records());
                for (RecordBatchView batch : RecordBatches.in(bytes)) {
                    offset = batch.nextOffset();
                    if (!batch.isControl()) {
                        batch.records()
                                .forEachRemaining(
                                        record ->
                                                open.computeIfAbsent(
                                                                batch.producerId(),
                                                                id -> new ArrayList<>())
                                                        .add(text(record)));
                        continue;
                    }
                    boolean commit = batch.endOfTransaction().orElseThrow();
                    List<String> ended = open.remove(batch.producerId());
                    if (ended == null) {
                        continue;
                    }
                    Set<String> names = new HashSet<>();
                    for (String value : ended) {
                        String name = value.substring(0, value.indexOf('#'));
                        names.add(name);
                        outcomes.computeIfAbsent(name, n -> new HashSet<>())
                                .add(commit ? "commit" : "abort");
                        if (commit) {
                            committed.add(value);
                        }
                    }
                    assertThat(names).as("one marker, one transaction").hasSize(1);
                }
            }
        }

        private static String text(LogRecord record) {
            return new String(Objects.requireNonNull(record.valueBytes()), StandardCharsets.UTF_8);
        }

        @Override
        public void close() throws IOException {
            logs.close();
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}

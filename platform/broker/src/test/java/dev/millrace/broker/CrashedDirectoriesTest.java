package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.FetchedRecords;
import dev.millrace.log.LogConfig;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.SimulatedDisk;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.Test;

/**
 * Loses power, with all unsynced bytes and names, between two changes of a disk on which several
 * log directories lie, and compares what is found again with what was acknowledged: appends that
 * were flushed, as {@code millrace.ack.durability=disk} does before it answers. Meanwhile logs are
 * created, deleted, rolled, given up by retention, and moved.
 *
 * <p>A failure prints its seed and step; {@code -Dmillrace.test.crashSeeds=N} runs more than usual.
 */
class CrashedDirectoriesTest {
    private static final List<Path> PATHS =
            List.of(Path.of("/disk/a"), Path.of("/disk/b"), Path.of("/disk/c"));
    private static final int TOPICS = 3;

    @Test
    void after_a_crash_between_any_two_changes_every_log_is_there_once_with_all_acknowledged()
            throws IOException {
        for (long seed = 0; seed < 2; seed++) {
            Story whole = new Story(seed);
            whole.run(60);
            int changes = whole.disk.changes();
            assertThat(changes).isGreaterThan(300);
            for (int at = 0; at < changes; at++) {
                run(seed, at);
            }
        }
    }

    private static void run(long seed, int crashAt) {
        try {
            Story story = new Story(seed);
            story.crashAt(crashAt);
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ", crash at change " + crashAt, e);
        }
    }

    @Test
    void after_many_crashes_every_log_is_there_once_with_all_acknowledged() {
        int seeds = Integer.getInteger("millrace.test.crashSeeds", 150);
        for (long seed = 0; seed < seeds; seed++) {
            try {
                new Story(1000 + seed).crashOften();
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + (1000 + seed), e);
            }
        }
    }

    /** What one topic's log should have. */
    private static final class Model {
        final Uuid id = Uuid.randomUuid();
        final List<String> values = new ArrayList<>();
        int acknowledged;
        long logStart;

        /** Its creation was told to somebody. */
        boolean created;

        /** Its deletion was told, or may have begun. */
        boolean deleted;
    }

    private static final class Story {
        final Random random;
        final SimulatedDisk disk;
        final LogConfig config;
        final Map<TopicPartition, Model> models = new TreeMap<>(new ByName());
        LogDirectories directories;
        int written;

        private static final class ByName implements java.util.Comparator<TopicPartition> {
            @Override
            public int compare(TopicPartition a, TopicPartition b) {
                return a.topic().compareTo(b.topic());
            }
        }

        Story(long seed) throws IOException {
            // Seeds that follow each other would begin with the same choices.
            random = new Random(new SplittableRandom(seed).nextLong());
            disk = new SimulatedDisk(random);
            LogConfig d = LogConfig.DEFAULT;
            config =
                    new LogConfig(
                            1500 + random.nextInt(3000),
                            d.segmentMs(),
                            0,
                            d.segmentIndexBytes(),
                            1 + random.nextInt(600),
                            8_000,
                            -1,
                            d.maxMessageBytes(),
                            random.nextBoolean(),
                            false,
                            false,
                            Long.MAX_VALUE,
                            Long.MAX_VALUE,
                            "producer",
                            0,
                            random.nextBoolean(),
                            0,
                            Long.MAX_VALUE,
                            Long.MAX_VALUE,
                            true,
                            d.compaction());
            directories = open();
        }

        private LogDirectories open() throws IOException {
            return LogDirectories.open(
                    PATHS,
                    LogDirectoryConfig.of("MkU3OEVBNTcwNTJENDM2Qk", 1),
                    topic -> config,
                    Set::of,
                    disk);
        }

        void run(int steps) {
            try {
                for (int i = 0; i < steps && !disk.hasFailed(); i++) {
                    step();
                }
            } catch (IOException | KafkaStorageException e) {
                assertThat(disk.hasFailed()).as("an error the disk did not make: " + e).isTrue();
            }
        }

        void crashAt(int change) throws IOException {
            int left = change - disk.changes();
            if (left < 0) {
                return; // while it was opened the first time
            }
            disk.failAfter(left, "power is lost");
            run(60);
            crashAndVerify();
            run(10);
            directories.close();
            directories = open();
            verify();
        }

        void crashOften() throws IOException {
            for (int round = 0; round < 3; round++) {
                disk.failAfter(random.nextInt(250), "power is lost");
                run(40);
                crashAndVerify();
            }
            directories.close();
        }

        private void step() throws IOException {
            TopicPartition tp = new TopicPartition("t" + random.nextInt(TOPICS), 0);
            Model model = models.get(tp);
            if (model == null) {
                model = new Model();
                models.put(tp, model);
                directories.create(tp, model.id, config);
                model.created = true;
                return;
            }
            PartitionLog log = Objects.requireNonNull(directories.find(tp));
            int choice = random.nextInt(20);
            if (choice < 10) {
                append(model, log);
            } else if (choice < 13) {
                move(tp, log);
            } else if (choice == 13) {
                directories.checkpoint();
            } else if (choice == 14) {
                log.tidy();
            } else if (choice == 15) {
                log.enforceRetention();
                model.logStart = Math.max(model.logStart, log.logStartOffset());
            } else if (choice == 16) {
                long start = random.nextInt((int) log.highWatermark() + 1);
                model.logStart = Math.max(model.logStart, start);
                log.advanceLogStartOffset(start);
            } else if (choice == 17 && random.nextInt(4) == 0) {
                model.deleted = true;
                directories.delete(tp);
                models.remove(tp);
            } else {
                append(model, log);
                append(model, log);
            }
        }

        private void append(Model model, PartitionLog log) throws IOException {
            RecordBatchBuilder batch = new RecordBatchBuilder();
            int count = 1 + random.nextInt(4);
            for (int i = 0; i < count; i++) {
                String value = "value-" + written++ + "-" + "x".repeat(random.nextInt(150));
                model.values.add(value);
                batch.append(1_700_000_000_000L, null, value.getBytes(StandardCharsets.UTF_8));
            }
            log.appendAsLeader(batch.build(), 0, AppendOrigin.CLIENT);
            if (random.nextInt(3) > 0) {
                log.flush();
                model.acknowledged = model.values.size();
                log.advanceHighWatermark(log.recoveryPoint());
            }
        }

        /** As ReplicaMoves does, with appends while it copies. */
        private void move(TopicPartition tp, PartitionLog log) throws IOException {
            LogDirectory from = Objects.requireNonNull(directories.directoryOf(tp));
            List<LogDirectory> others = new ArrayList<>(directories.online());
            others.remove(from);
            LogDirectory target = others.get(random.nextInt(others.size()));
            PartitionLog future =
                    target.createFuture(tp, log.topicId(), config, log.logStartOffset());
            ReplicaMoves.copy(log, future, 1 + random.nextInt(4000));
            Model model = Objects.requireNonNull(models.get(tp));
            append(model, log);
            PartitionLog moved = ReplicaMoves.changeFiles(log, future, from, target);
            model.acknowledged = model.values.size();
            moved.advanceHighWatermark(moved.logEndOffset());
        }

        private void crashAndVerify() throws IOException {
            disk.crash();
            directories = open();
            verify();
        }

        private void verify() throws IOException {
            for (Map.Entry<TopicPartition, Model> entry : Map.copyOf(models).entrySet()) {
                TopicPartition tp = entry.getKey();
                Model model = entry.getValue();
                long homes =
                        directories.online().stream().filter(d -> d.log(tp).isPresent()).count();
                PartitionLog log = directories.find(tp);
                if (log != null && !model.created && !log.topicId().equals(model.id)) {
                    // Its id was not on the disk yet: as of a topic that nobody knows, it goes.
                    directories.delete(tp);
                    models.remove(tp);
                    continue;
                }
                if (log == null && (!model.created || model.deleted)) {
                    models.remove(tp);
                    continue;
                }
                assertThat(homes).as("directories with %s", tp).isEqualTo(1);
                if (model.deleted) {
                    directories.delete(tp);
                    models.remove(tp);
                    continue;
                }
                verify(model, Objects.requireNonNull(log));
            }
        }

        private static void verify(Model model, PartitionLog log) throws IOException {
            assertThat(log.topicId()).isEqualTo(model.id);
            int end = (int) log.logEndOffset();
            assertThat(end).as("acknowledged, but lost").isGreaterThanOrEqualTo(model.acknowledged);
            assertThat(end).as("never appended").isLessThanOrEqualTo(model.values.size());
            assertThat(log.logStartOffset()).isLessThanOrEqualTo(model.logStart);
            model.values.subList(end, model.values.size()).clear();
            int start = (int) log.logStartOffset();
            assertThat(values(log)).isEqualTo(model.values.subList(start, end));
            model.created = true;
            model.logStart = start;
            log.flush();
            model.acknowledged = end;
            log.advanceHighWatermark(end);
        }

        private static List<String> values(PartitionLog log) throws IOException {
            List<String> values = new ArrayList<>();
            long next = log.logStartOffset();
            while (next < log.logEndOffset()) {
                FetchedRecords read = log.read(next, log.logEndOffset(), 10_000, true);
                ByteBuffer bytes = Objects.requireNonNull(read.records());
                assertThat(bytes.hasRemaining()).isTrue();
                for (RecordBatchView batch : RecordBatches.in(bytes)) {
                    batch.requireCrc();
                    var records = batch.records();
                    while (records.hasNext()) {
                        LogRecord record = records.next();
                        if (record.offset() >= next) {
                            values.add(
                                    StandardCharsets.UTF_8
                                            .decode(Objects.requireNonNull(record.value()))
                                            .toString());
                        }
                    }
                    next = batch.nextOffset();
                }
            }
            return values;
        }
    }
}

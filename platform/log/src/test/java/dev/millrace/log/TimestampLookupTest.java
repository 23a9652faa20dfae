package dev.millrace.log;

import static dev.millrace.log.LogFixture.START_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.LogFixture.Configs;
import dev.millrace.log.PartitionLog.TimestampedOffset;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TimestampLookupTest {
    @Property(tries = 30)
    void finds_the_first_record_that_is_not_older_as_a_scan_would(@ForAll long seed)
            throws IOException {
        Path directory = Files.createTempDirectory("time");
        Random random = new Random(seed);
        LogConfig config =
                new Configs()
                        .segmentBytes(400 + random.nextInt(4000))
                        .indexIntervalBytes(1 + random.nextInt(500))
                        .build();
        LogFixture f =
                new LogFixture(directory, LocalDisk.INSTANCE, config, LogFixture.withoutCache());
        try {
            for (int i = 0; i < 60; i++) {
                f.append(batch(random).build());
            }
            f.log.advanceHighWatermark(f.log.logEndOffset());
            for (int restart = 0; restart < 2; restart++) {
                f.log.advanceLogStartOffset(10L * restart);
                List<LogRecord> all =
                        LogFixture.records(f.log, f.log.logStartOffset(), f.log.logEndOffset());
                for (int i = 0; i < 60; i++) {
                    long target = START_MS + random.nextInt(1100) - 50;
                    assertThat(f.log.offsetForTimestamp(target).map(TimestampedOffset::offset))
                            .isEqualTo(scan(all, target, f.log.logStartOffset()));
                }
                f.restart();
            }
        } finally {
            f.close();
            try (var files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static RecordBatchBuilder batch(Random random) {
        RecordBatchBuilder batch =
                new RecordBatchBuilder(random.nextBoolean() ? Codec.ZSTD : Codec.NONE);
        for (int r = 0; r <= random.nextInt(4); r++) {
            batch.append(START_MS + random.nextInt(1000), null, new byte[random.nextInt(60)]);
        }
        return batch;
    }

    private static Optional<Long> scan(List<LogRecord> all, long timestampMs, long from) {
        return all.stream()
                .filter(r -> r.timestampMs() >= timestampMs && r.offset() >= from)
                .map(LogRecord::offset)
                .findFirst();
    }

    @Test
    void the_greatest_timestamp_is_found_with_its_epoch_and_none_in_an_empty_log()
            throws IOException {
        SimulatedDisk disk = new SimulatedDisk(new Random(1));
        try (LogFixture f =
                new LogFixture(
                        Path.of("/logs"), disk, LogConfig.DEFAULT, LogFixture.directoryConfig())) {
            assertThat(f.log.maxTimestampOffset()).isEmpty();
            assertThat(f.log.offsetForTimestamp(0)).isEmpty();
            f.clock.advanceMs(50);
            f.log.appendAsLeader(f.batch("a", "b"), 3, PartitionLog.AppendOrigin.CLIENT);
            f.clock.advanceMs(-20);
            f.log.appendAsLeader(f.batch("c"), 4, PartitionLog.AppendOrigin.CLIENT);

            assertThat(f.log.maxTimestampOffset())
                    .contains(new TimestampedOffset(START_MS + 50, 0, 3));
        }
    }
}

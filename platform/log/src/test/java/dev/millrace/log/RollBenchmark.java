package dev.millrace.log;

import dev.millrace.log.LogFixture.Configs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What one roll costs the owner of a log, in CPU time of its thread; a plain main, no test. Each
 * append rolls; a worker would tidy, here the same thread does, uncounted.
 */
final class RollBenchmark {
    private static final int ROLLS = 3000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private RollBenchmark() {}

    @SuppressWarnings("SystemOut") // prints its result
    public static void main(String[] args) throws IOException {
        Path path = Files.createTempDirectory("roll-benchmark");
        try (LogFixture f =
                new LogFixture(path, new Configs().segmentBytes(200).retentionMs(1).build())) {
            long[] rollNs = new long[ROLLS];
            for (int i = 0; i < ROLLS; i++) {
                long started = THREADS.getCurrentThreadCpuTime();
                f.append("x".repeat(100));
                rollNs[i] = THREADS.getCurrentThreadCpuTime() - started;
                f.log.tidy();
            }
            print("append with roll", Arrays.copyOfRange(rollNs, ROLLS / 2, ROLLS));
            f.clock.advanceMs(10);
            long started = THREADS.getCurrentThreadCpuTime();
            int segments = f.log.enforceRetention();
            System.out.printf(
                    "retention of %d segments: %d us%n",
                    segments, (THREADS.getCurrentThreadCpuTime() - started) / 1000);
            f.log.tidy();
            f.clock.advanceMs(100_000);
            f.directory.removeDeletedFiles();
        }
    }

    @SuppressWarnings("SystemOut") // prints its result
    private static void print(String what, long[] ns) {
        Arrays.sort(ns);
        System.out.printf(
                "%s: median %d us, p99 %d us%n",
                what, ns[ns.length / 2] / 1000, ns[ns.length * 99 / 100] / 1000);
    }
}

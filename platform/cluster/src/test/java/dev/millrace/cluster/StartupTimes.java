package dev.millrace.cluster;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prints when, counted from the start of the JVM, a cluster of one node is ready; with the threads
 * and the memory it takes idle. Run by hand: {@code java -cp ... StartupTimes DIRECTORY}.
 */
public final class StartupTimes {
    private static final Logger LOG = LoggerFactory.getLogger(StartupTimes.class);

    private StartupTimes() {}

    public static void main(String[] args) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {}));
        print("main");
        ClusterConfig config = ClusterConfig.alone(1, Path.of(args[0]));
        Cluster cluster = Cluster.start(config).toCompletableFuture().get(30, TimeUnit.SECONDS);
        print("journal ready");
        cluster.registerBroker(new BrokerStart("127.0.0.1", 9092, "")).toCompletableFuture().get();
        print("broker registered");
        cluster.hazelcast().toCompletableFuture().get(30, TimeUnit.SECONDS);
        print("hazelcast ready");
        if (args.length > 1) {
            idle();
        }
        long closingNs = System.nanoTime();
        cluster.close();
        LOG.info("closed in {} ms", (System.nanoTime() - closingNs) / 1_000_000);
    }

    private static void print(String what) {
        long startMs = ManagementFactory.getRuntimeMXBean().getStartTime();
        LOG.info(
                "{} after {} ms, {} classes",
                what,
                System.currentTimeMillis() - startMs,
                ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
    }

    private static void idle() throws InterruptedException {
        long cpuNs = processCpuNs();
        Thread.sleep(Duration.ofSeconds(5).toMillis());
        LOG.info("CPU while idle: {} ms in 5 s", (processCpuNs() - cpuNs) / 1_000_000);
        System.gc();
        LOG.info(
                "heap after gc {} KiB",
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024);
        Thread.getAllStackTraces().keySet().stream()
                .map(thread -> thread.getName() + (thread.isDaemon() ? "" : "  (not a daemon)"))
                .sorted()
                .forEach(LOG::info);
    }

    private static long processCpuNs() {
        return ((com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}

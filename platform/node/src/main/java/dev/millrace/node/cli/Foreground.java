package dev.millrace.node.cli;

import dev.millrace.node.Node;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;

/** Says that the node is ready, and keeps the process until it is told to end, or has to. */
final class Foreground {
    private static final long FAILED_STOP_TIMEOUT_S = 30;
    private static final String STOPPED = "";

    private Foreground() {}

    /**
     * @param stopFirst what uses the node, ended before it
     * @param hints printed after the ready line; empty for none
     * @return the exit code: 0 if it was told to end, 1 if it could not go on
     */
    static int run(Node node, Runnable stopFirst, CommandLine command, String hints)
            throws InterruptedException {
        BlockingQueue<String> ends = new ArrayBlockingQueue<>(2);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    stopFirst.run();
                                    node.stop();
                                    ends.offer(STOPPED);
                                },
                                "millrace-stop"));
        node.failed().thenAccept(ends::offer);
        long readyMs =
                System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        PrintWriter out = command.getOut();
        out.println(
                "millrace ready in "
                        + readyMs
                        + " ms  kafka "
                        + node.kafka()
                        + "  console http://"
                        + node.http());
        if (!hints.isEmpty()) {
            out.println(hints);
        }
        out.flush();
        node.warmUp();
        String end = ends.take();
        if (end.equals(STOPPED)) {
            return 0;
        }
        command.getErr().println("millrace: the node stops: " + end);
        command.getErr().flush();
        haltIfStuck();
        return 1;
    }

    /** A disk that does not answer may keep the shutdown hook from ending. */
    private static void haltIfStuck() {
        Thread watch =
                new Thread(
                        () -> {
                            long untilNs =
                                    System.nanoTime()
                                            + TimeUnit.SECONDS.toNanos(FAILED_STOP_TIMEOUT_S);
                            while (System.nanoTime() - untilNs < 0) {
                                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                            }
                            Runtime.getRuntime().halt(1);
                        },
                        "millrace-halt");
        watch.setDaemon(true);
        watch.start();
    }
}

package dev.millrace.node.cli;

import dev.millrace.node.Node;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;

/** Says that the node is ready, and keeps the process until it is told to end. */
final class Foreground {
    private Foreground() {}

    /**
     * @param stopFirst what uses the node, ended before it
     * @param hints printed after the ready line; empty for none
     */
    static void run(Node node, Runnable stopFirst, PrintWriter out, String hints)
            throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    stopFirst.run();
                                    node.stop();
                                    stopped.countDown();
                                },
                                "millrace-stop"));
        long readyMs =
                System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
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
        stopped.await();
    }
}

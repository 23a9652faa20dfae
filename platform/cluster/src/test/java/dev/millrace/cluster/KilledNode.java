package dev.millrace.cluster;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * A process that changes metadata as fast as it can until it is killed, and says what was
 * acknowledged: {@code topic NAME}, {@code ids FIRST}.
 */
public final class KilledNode {
    static final int IDS_PER_BLOCK = 10;
    private static final int IN_FLIGHT = 8;

    private KilledNode() {}

    public static void main(String[] args) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Cluster cluster = TestNodes.startAndRegister(Path.of(args[0]));
        Semaphore inFlight = new Semaphore(IN_FLIGHT);
        for (int i = 0; ; i++) {
            String name = args[1] + i;
            inFlight.acquire();
            cluster.createTopic(name, 1, 1, Map.of(), Map.of())
                    .whenComplete(
                            (topic, error) -> {
                                inFlight.release();
                                out.println(error == null ? "topic " + name : error.toString());
                            });
            inFlight.acquire();
            cluster.allocateProducerIds(IDS_PER_BLOCK)
                    .whenComplete(
                            (first, error) -> {
                                inFlight.release();
                                out.println(error == null ? "ids " + first : error.toString());
                            });
        }
    }
}

package dev.millrace.cluster;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigResource;

/**
 * A process that sets configs of a hundred kilobytes until its journal fails, and says which were
 * acknowledged: {@code done NUMBER}.
 */
public final class FullDiskNode {
    static final int STOPPED = 7;
    static final ConfigResource GROUP = new ConfigResource(ConfigResource.Type.GROUP, "g");
    private static final int MAX_CONFIGS = 1_000;

    private FullDiskNode() {}

    public static void main(String[] args) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Cluster cluster = TestNodes.startAndRegister(Path.of(args[0]));
        cluster.onFailure(
                error -> {
                    out.println("failed: " + error.getMessage());
                    Runtime.getRuntime().halt(STOPPED);
                });
        for (int i = 0; i < MAX_CONFIGS; i++) {
            Map<String, Optional<String>> change = new HashMap<>();
            change.put("k" + i, Optional.of("x".repeat(100_000)));
            try {
                cluster.alterConfigs(GROUP, change).toCompletableFuture().get();
                out.println("done " + i);
            } catch (ExecutionException e) {
                out.println("refused: " + e.getCause());
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }
}

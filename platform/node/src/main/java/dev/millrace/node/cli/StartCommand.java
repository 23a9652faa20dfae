package dev.millrace.node.cli;

import dev.millrace.node.Node;
import dev.millrace.node.config.NodeConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace start}: one node in the foreground, until SIGTERM or Ctrl-C. */
@Command(
        name = "start",
        description = "Starts one node in the foreground; Ctrl-C or SIGTERM ends it.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  millrace start",
            "  millrace start config/server.properties --override num.partitions=3",
            "  millrace start --data /var/lib/millrace --listen 127.0.0.1:9092 --set num.partitions=3"
        })
public final class StartCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private NodeOptions options;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "The same as --config FILE, as kafka-server-start takes it.")
    private @Nullable Path file;

    @Override
    public Integer call() throws InterruptedException {
        NodeConfig config = options.resolve(file);
        config.warnings()
                .forEach(warning -> spec.commandLine().getErr().println("millrace: " + warning));
        Node node = Node.start(config);
        return Foreground.run(node, () -> {}, spec.commandLine(), "");
    }
}

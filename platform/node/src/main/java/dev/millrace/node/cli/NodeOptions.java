package dev.millrace.node.cli;

import dev.millrace.node.config.NodeConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code start} and {@code demo} have in common. */
public final class NodeOptions {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Settings under Kafka's names, as in config/server.properties.")
    private @Nullable Path config;

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DIR",
            description = "Where everything is kept (default: ./data).")
    private @Nullable Path data;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description =
                    "Where Kafka clients connect (default: " + NodeConfig.DEFAULT_KAFKA + ").")
    private @Nullable String listen;

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            description = "Console, SQL and HTTP API (default: " + NodeConfig.DEFAULT_HTTP + ").")
    private @Nullable String http;

    @Option(
            names = {"--set", "--override"},
            paramLabel = "KEY=VALUE",
            description = "One setting; wins over the file.")
    private List<String> sets = new ArrayList<>();

    /**
     * @param file given in place of {@code --config}, or null
     */
    NodeConfig resolve(@Nullable Path file) {
        if (file != null && config != null) {
            throw new CommandFailure(
                    "two files of settings: " + config + " and " + file + "; expected one");
        }
        return NodeConfig.of(
                new NodeConfig.Sources(file == null ? config : file, data, listen, http, sets));
    }
}

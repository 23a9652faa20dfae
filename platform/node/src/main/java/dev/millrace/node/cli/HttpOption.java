package dev.millrace.node.cli;

import dev.millrace.node.config.HostPort;
import picocli.CommandLine.Option;

/** {@code --http}: where the SQL engine answers. */
public final class HttpOption {
    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8080",
            description = "The node's HTTP address (default: ${DEFAULT-VALUE}).")
    private String address = "127.0.0.1:8080";

    HostPort address() {
        return HostPort.parse(address, "--http");
    }
}

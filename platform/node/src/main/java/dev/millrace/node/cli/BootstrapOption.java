package dev.millrace.node.cli;

import dev.millrace.node.config.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Option;

/** {@code --bootstrap}, and the client settings that follow from it. */
public final class BootstrapOption {
    private static final int CONNECT_TIMEOUT_MS = 3000;
    private static final int API_TIMEOUT_MS = 15_000;

    @Option(
            names = {"-b", "--bootstrap", "--bootstrap-server"},
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:9092",
            description = "Broker to ask first (default: ${DEFAULT-VALUE}).")
    private String servers = "127.0.0.1:9092";

    /**
     * Settings for any Kafka client.
     *
     * @throws CommandFailure at once if none of the servers listens: the clients themselves would
     *     try for a minute
     */
    Map<String, Object> clientConfig() {
        String lastError = "";
        for (String server : servers.split(",", -1)) {
            HostPort address = HostPort.parse(server.strip(), "--bootstrap");
            try (Socket socket = new Socket()) {
                socket.connect(
                        new InetSocketAddress(address.host(), address.port()), CONNECT_TIMEOUT_MS);
                Map<String, Object> config = new HashMap<>();
                config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers);
                config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS);
                config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
                return config;
            } catch (IOException e) {
                lastError = String.valueOf(e.getMessage());
            }
        }
        throw new CommandFailure(
                "nothing answers at "
                        + servers
                        + " ("
                        + lastError
                        + "); start a node with 'millrace start', or name a broker with --bootstrap HOST:PORT");
    }

    Admin admin() {
        return Admin.create(clientConfig());
    }

    String servers() {
        return servers;
    }
}

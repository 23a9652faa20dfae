package dev.millrace.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace cluster status|rebalance|drain|undrain|remove}. */
@Command(
        name = "cluster",
        description = "Shows the nodes of a cluster, and moves what they hold.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            RebalanceCommand.class,
            DrainCommand.class,
            UndrainCommand.class,
            RemoveCommand.class
        })
public final class ClusterCommand implements Runnable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int MAX_SHOWN = 20;
    private static final Set<String> RUNNING = Set.of("ready", "draining", "drained");

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: status, rebalance, drain, undrain or remove");
    }

    @Command(
            name = "status",
            description = {
                "Nodes, who leads what, and which partitions lack replicas. Any node can be asked.",
                "Exit code 1 if a node is not ready, or a partition lacks a replica or a leader."
            },
            mixinStandardHelpOptions = true)
    int status(
            @Option(names = "--json", description = "As the HTTP API answers.") boolean json,
            @Mixin HttpOption http)
            throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try {
            String body = get(http);
            JsonNode status = new ObjectMapper().readTree(body);
            if (json) {
                out.println(body);
            } else {
                print(status, out);
            }
            out.flush();
            return isWell(status) ? 0 : 1;
        } catch (IOException e) {
            throw new CommandFailure(
                    "no answer from "
                            + http.address()
                            + ": is a node running there? Say with --http where one is ("
                            + e
                            + ")");
        }
    }

    private static String get(HttpOption http) throws IOException, InterruptedException {
        HttpResponse<String> response =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        "http://"
                                                                + http.address()
                                                                + "/api/cluster/status"))
                                        .timeout(TIMEOUT)
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new CommandFailure(
                    "the node at "
                            + http.address()
                            + " is not in a cluster yet: it starts, or waits for a quorum");
        }
        return response.body();
    }

    private static boolean isWell(JsonNode status) {
        boolean ready = true;
        for (JsonNode node : status.get("nodes")) {
            ready &= RUNNING.contains(node.get("state").asText());
        }
        return ready
                && status.get("underReplicated").asInt() == 0
                && status.get("withoutLeader").asInt() == 0;
    }

    private static void print(JsonNode status, PrintWriter out) {
        out.println(
                "cluster "
                        + status.get("clusterId").asText()
                        + ", metadata of version "
                        + status.get("metadataVersion").asText());
        Table nodes =
                new Table(
                        "NODE",
                        "KAFKA",
                        "PEERS",
                        "RACK",
                        "STATE",
                        "JOURNAL",
                        ">LAG",
                        ">LEADERS",
                        ">REPLICAS",
                        ">IN SYNC");
        for (JsonNode node : status.get("nodes")) {
            boolean leads = node.get("id").asInt() == status.get("controller").asInt();
            nodes.row(
                    node.get("id").asText(),
                    node.get("kafka").asText(),
                    node.get("peer").asText(),
                    node.get("rack").asText(),
                    node.get("state").asText(),
                    leads ? "leader" : node.path("journal").asText("?"),
                    node.path("journalLag").asText("?"),
                    node.get("leaders").asText(),
                    node.get("replicas").asText(),
                    node.get("inSync").asText());
        }
        nodes.print(out);
        if (status.has("unregistered")) {
            out.println(
                    "members of the metadata journal that have never registered: "
                            + status.get("unregistered"));
        }
        out.println(
                status.get("partitions").asText()
                        + " partitions, "
                        + status.get("underReplicated").asText()
                        + " under-replicated, "
                        + status.get("withoutLeader").asText()
                        + " without a leader, "
                        + status.get("reassigning").asText()
                        + " being reassigned");
        JsonNode troubled = status.get("troubled");
        if (troubled.size() > 0) {
            Table table = new Table("TOPIC", ">PARTITION", ">LEADER", "REPLICAS", "ISR");
            for (int i = 0; i < Math.min(MAX_SHOWN, troubled.size()); i++) {
                JsonNode each = troubled.get(i);
                int leader = each.get("leader").asInt();
                table.row(
                        each.get("topic").asText(),
                        each.get("partition").asText(),
                        leader < 0 ? "none" : leader,
                        ids(each.get("replicas")),
                        ids(each.get("isr")));
            }
            table.print(out);
            if (troubled.size() > MAX_SHOWN) {
                out.println("and more: --json has them");
            }
        }
    }

    private static String ids(JsonNode list) {
        StringBuilder text = new StringBuilder();
        list.forEach(id -> text.append(text.length() == 0 ? "" : ",").append(id.asText()));
        return text.toString();
    }
}

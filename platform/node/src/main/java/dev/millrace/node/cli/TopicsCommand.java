package dev.millrace.node.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace topics create|list|describe|delete}. */
@Command(
        name = "topics",
        description = "Creates, lists, describes and deletes topics.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class TopicsCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: create, list, describe or delete");
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    @Command(name = "create", description = "Creates a topic.", mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "NAME", description = "Letters, digits, '.', '_' and '-'.")
                    String name,
            @Option(
                            names = {"-p", "--partitions"},
                            paramLabel = "N",
                            description = "Number of partitions (default: the broker's).")
                    Optional<Integer> partitions,
            @Option(
                            names = {"-r", "--replication-factor"},
                            paramLabel = "N",
                            description = "Copies of each partition (default: the broker's).")
                    Optional<Short> replicationFactor,
            @Option(
                            names = {"-c", "--config"},
                            paramLabel = "K=V",
                            description = "A topic setting, for instance retention.ms=3600000.")
                    Map<String, String> configs,
            @Option(
                            names = "--if-not-exists",
                            description = "Succeed if the topic is there already.")
                    boolean ifNotExists,
            @Mixin BootstrapOption bootstrap) {
        try (Admin admin = bootstrap.admin()) {
            if (ifNotExists && Await.answer(admin.listTopics().names(), bootstrap).contains(name)) {
                return 0;
            }
            NewTopic topic =
                    new NewTopic(name, partitions, replicationFactor)
                            .configs(configs == null ? Map.of() : configs);
            var result = admin.createTopics(List.of(topic));
            Await.answer(result.all(), bootstrap);
            int created = Await.answer(result.numPartitions(name), bootstrap);
            out().println("created " + name + " with " + count(created, "partition"));
        }
        return 0;
    }

    @Command(name = "list", description = "Lists topics.", mixinStandardHelpOptions = true)
    int list(
            @Option(
                            names = "--internal",
                            description = "Also internal ones, as __consumer_offsets.")
                    boolean internal,
            @Option(names = "--json", description = "One JSON object a line.") boolean json,
            @Mixin BootstrapOption bootstrap)
            throws JsonProcessingException {
        try (Admin admin = bootstrap.admin()) {
            var names =
                    Await.answer(
                            admin.listTopics(new ListTopicsOptions().listInternal(internal))
                                    .names(),
                            bootstrap);
            List<TopicDescription> topics =
                    Await.answer(admin.describeTopics(names).allTopicNames(), bootstrap)
                            .values()
                            .stream()
                            .sorted(Comparator.comparing(TopicDescription::name))
                            .toList();
            Map<String, Long> records = records(admin, topics, bootstrap);
            if (json) {
                for (TopicDescription topic : topics) {
                    out().println(
                                    Json.line(
                                            "name", topic.name(),
                                            "partitions", topic.partitions().size(),
                                            "replicationFactor",
                                                    topic.partitions().get(0).replicas().size(),
                                            "records", records.getOrDefault(topic.name(), 0L),
                                            "internal", topic.isInternal()));
                }
                return 0;
            }
            Table table = new Table("TOPIC", ">PARTITIONS", ">REPLICAS", ">RECORDS");
            for (TopicDescription topic : topics) {
                table.row(
                        topic.name(),
                        topic.partitions().size(),
                        topic.partitions().get(0).replicas().size(),
                        records.getOrDefault(topic.name(), 0L));
            }
            table.print(out());
        }
        return 0;
    }

    @Command(
            name = "describe",
            description = "Shows a topic's partitions and its settings.",
            mixinStandardHelpOptions = true)
    int describe(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--json", description = "A JSON object.") boolean json,
            @Mixin BootstrapOption bootstrap)
            throws JsonProcessingException {
        try (Admin admin = bootstrap.admin()) {
            TopicDescription topic =
                    Await.answer(
                            admin.describeTopics(List.of(name))
                                    .topicNameValues()
                                    .values()
                                    .iterator()
                                    .next(),
                            bootstrap);
            Map<TopicPartition, ListOffsetsResultInfo> starts =
                    list(admin, List.of(topic), OffsetSpec.earliest(), bootstrap);
            Map<TopicPartition, ListOffsetsResultInfo> ends =
                    list(admin, List.of(topic), OffsetSpec.latest(), bootstrap);
            Map<String, String> set = explicitConfigs(admin, name, bootstrap);
            if (json) {
                List<Map<String, Object>> partitions = new ArrayList<>();
                for (TopicPartitionInfo partition : topic.partitions()) {
                    Map<String, Object> row = new LinkedHashMap<>();
                    row.put("partition", partition.partition());
                    row.put("leader", partition.leader() == null ? null : partition.leader().id());
                    row.put("replicas", partition.replicas().stream().map(Node::id).toList());
                    row.put("isr", partition.isr().stream().map(Node::id).toList());
                    row.put("startOffset", offset(starts, name, partition));
                    row.put("endOffset", offset(ends, name, partition));
                    partitions.add(row);
                }
                out().println(
                                Json.line(
                                        "name", name,
                                        "id", topic.topicId().toString(),
                                        "configs", set,
                                        "partitions", partitions));
                return 0;
            }
            out().println(name + "  id " + topic.topicId());
            out().println(
                            "settings  "
                                    + (set.isEmpty()
                                            ? "defaults"
                                            : set.entrySet().stream()
                                                    .map(e -> e.getKey() + "=" + e.getValue())
                                                    .collect(Collectors.joining(" "))));
            Table table =
                    new Table(
                            ">PARTITION",
                            ">LEADER",
                            "REPLICAS",
                            "ISR",
                            ">START",
                            ">END",
                            ">RECORDS");
            for (TopicPartitionInfo partition : topic.partitions()) {
                long start = offset(starts, name, partition);
                long end = offset(ends, name, partition);
                table.row(
                        partition.partition(),
                        partition.leader() == null ? "none" : partition.leader().id(),
                        ids(partition.replicas()),
                        ids(partition.isr()),
                        start,
                        end,
                        end - start);
            }
            table.print(out());
        }
        return 0;
    }

    @Command(
            name = "delete",
            description = "Deletes topics with all their records.",
            mixinStandardHelpOptions = true)
    int delete(
            @Parameters(paramLabel = "NAME", arity = "1..*") List<String> names,
            @Mixin BootstrapOption bootstrap) {
        try (Admin admin = bootstrap.admin()) {
            for (var entry : admin.deleteTopics(names).topicNameValues().entrySet()) {
                Await.answer(entry.getValue(), bootstrap);
                out().println("deleted " + entry.getKey());
            }
        }
        return 0;
    }

    private static Map<String, String> explicitConfigs(
            Admin admin, String topic, BootstrapOption bootstrap) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config =
                Await.answer(
                        admin.describeConfigs(List.of(resource))
                                .values()
                                .values()
                                .iterator()
                                .next(),
                        bootstrap);
        return config.entries().stream()
                .filter(e -> e.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .collect(
                        Collectors.toMap(
                                ConfigEntry::name, ConfigEntry::value, (a, b) -> b, TreeMap::new));
    }

    private static long offset(
            Map<TopicPartition, ListOffsetsResultInfo> offsets,
            String topic,
            TopicPartitionInfo partition) {
        ListOffsetsResultInfo info = offsets.get(new TopicPartition(topic, partition.partition()));
        return info == null ? 0 : info.offset();
    }

    private static Map<String, Long> records(
            Admin admin, List<TopicDescription> topics, BootstrapOption bootstrap) {
        Map<String, Long> records = new HashMap<>();
        list(admin, topics, OffsetSpec.latest(), bootstrap)
                .forEach((tp, at) -> records.merge(tp.topic(), at.offset(), Long::sum));
        list(admin, topics, OffsetSpec.earliest(), bootstrap)
                .forEach((tp, at) -> records.merge(tp.topic(), -at.offset(), Long::sum));
        return records;
    }

    private static Map<TopicPartition, ListOffsetsResultInfo> list(
            Admin admin,
            List<TopicDescription> topics,
            OffsetSpec spec,
            BootstrapOption bootstrap) {
        Map<TopicPartition, OffsetSpec> request = new HashMap<>();
        for (TopicDescription topic : topics) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                request.put(new TopicPartition(topic.name(), partition.partition()), spec);
            }
        }
        return Await.answer(admin.listOffsets(request).all(), bootstrap);
    }

    private static String ids(List<Node> nodes) {
        return nodes.stream().map(Node::idString).collect(Collectors.joining(","));
    }

    private static String count(int n, String noun) {
        return n + " " + noun + (n == 1 ? "" : "s");
    }

    /** JSON lines for scripts. */
    private static final class Json {
        private static final ObjectMapper MAPPER = new ObjectMapper();

        static String line(Object... keysAndValues) throws JsonProcessingException {
            Map<String, Object> object = new LinkedHashMap<>();
            for (int i = 0; i < keysAndValues.length; i += 2) {
                object.put((String) keysAndValues[i], keysAndValues[i + 1]);
            }
            return MAPPER.writeValueAsString(object);
        }
    }
}

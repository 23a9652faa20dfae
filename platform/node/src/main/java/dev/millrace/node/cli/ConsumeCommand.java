package dev.millrace.node.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace consume TOPIC}: prints records until Ctrl-C, or {@code --max} of them. */
@Command(
        name = "consume",
        description = "Prints a topic's records as they come; Ctrl-C ends it.",
        mixinStandardHelpOptions = true)
public final class ConsumeCommand implements Callable<Integer> {
    enum Format {
        text,
        json
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = "--from-beginning",
            description = "Start at the oldest record, not at the next new one.")
    private boolean fromBeginning;

    @Option(
            names = {"-g", "--group"},
            paramLabel = "G",
            description = "Read as a member of this consumer group and commit what was printed.")
    private @Nullable String group;

    @Option(
            names = {"-n", "--max"},
            paramLabel = "N",
            description = "End after N records.")
    private long max = Long.MAX_VALUE;

    @Option(
            names = "--format",
            paramLabel = "text|json",
            description =
                    "text: the value; json: an object a line with all that is known (default: text).")
    private Format format = Format.text;

    @Option(
            names = "--print-key",
            description = "In text, print the key and a tab before the value.")
    private boolean printKey;

    @Option(
            names = "--timeout-ms",
            paramLabel = "MS",
            description = "End when no record came for so long.")
    private long timeoutMs = Long.MAX_VALUE;

    @Mixin private BootstrapOption bootstrap;

    @Override
    public Integer call() throws JsonProcessingException {
        Map<String, Object> config = bootstrap.clientConfig();
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, fromBeginning ? "earliest" : "latest");
        if (max < Long.MAX_VALUE) {
            config.put(
                    ConsumerConfig.MAX_POLL_RECORDS_CONFIG, (int) Math.min(500, Math.max(1, max)));
        }
        if (group != null) {
            config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        }
        KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config);
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook = new Thread(() -> interrupt(consumer, closed), "consume-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try (consumer) {
            start(consumer);
            print(consumer);
        } catch (WakeupException e) {
            return 0; // Ctrl-C is how one ends it
        } finally {
            closed.countDown();
        }
        Runtime.getRuntime().removeShutdownHook(hook);
        return 0;
    }

    private void start(KafkaConsumer<String, String> consumer) {
        if (group != null) {
            consumer.subscribe(List.of(topic));
            return;
        }
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        if (partitions.isEmpty()) {
            throw new CommandFailure("there is no topic " + topic);
        }
        List<TopicPartition> all =
                partitions.stream().map(p -> new TopicPartition(topic, p.partition())).toList();
        consumer.assign(all);
        if (fromBeginning) {
            consumer.seekToBeginning(all);
        } else {
            consumer.seekToEnd(all);
        }
    }

    private void print(KafkaConsumer<String, String> consumer) throws JsonProcessingException {
        PrintWriter out = spec.commandLine().getOut();
        long printed = 0;
        long lastRecordMs = System.currentTimeMillis();
        while (printed < max && System.currentTimeMillis() - lastRecordMs < timeoutMs) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                if (printed == max) {
                    break;
                }
                out.println(format == Format.json ? json(record) : text(record));
                lastRecordMs = System.currentTimeMillis();
                printed++;
            }
            out.flush();
            if (group != null) {
                consumer.commitSync();
            }
        }
    }

    private String text(ConsumerRecord<String, String> record) {
        String value = String.valueOf(record.value());
        return printKey ? record.key() + "\t" + value : value;
    }

    private static String json(ConsumerRecord<String, String> record)
            throws JsonProcessingException {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("topic", record.topic());
        row.put("partition", record.partition());
        row.put("offset", record.offset());
        row.put("timestampMs", record.timestamp());
        row.put("key", record.key());
        row.put("value", record.value());
        Map<String, @Nullable String> headers = new LinkedHashMap<>();
        for (Header header : record.headers()) {
            byte[] value = header.value();
            headers.put(
                    header.key(), value == null ? null : new String(value, StandardCharsets.UTF_8));
        }
        if (!headers.isEmpty()) {
            row.put("headers", headers);
        }
        return JSON.writeValueAsString(row);
    }

    private static void interrupt(KafkaConsumer<?, ?> consumer, CountDownLatch closed) {
        consumer.wakeup();
        try {
            closed.await(3, TimeUnit.SECONDS); // lets it leave its group before the process ends
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

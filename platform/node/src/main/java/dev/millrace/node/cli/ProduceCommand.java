package dev.millrace.node.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace produce TOPIC}: a record a line, acknowledged before the command ends. */
@Command(
        name = "produce",
        description = "Writes each line of stdin, or of a file, as a record.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Examples:",
            "  echo hello | millrace produce greetings",
            "  printf 'ada:1\\nbob:2\\n' | millrace produce scores --key-separator :"
        })
public final class ProduceCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "TOPIC")
    private String topic = "";

    @Option(
            names = {"-k", "--key-separator"},
            paramLabel = "TEXT",
            description = "What precedes it in a line is the key; a line without it is an error.")
    private @Nullable String keySeparator;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Read the lines from here (default: stdin).")
    private @Nullable Path file;

    @Option(
            names = "--property",
            paramLabel = "K=V",
            description = "A producer setting, for instance compression.type=zstd.")
    private Map<String, String> properties = Map.of();

    @Mixin private BootstrapOption bootstrap;

    @Override
    public Integer call() throws IOException {
        Map<String, Object> config = bootstrap.clientConfig();
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 15_000);
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
        config.putAll(properties);
        AtomicReference<@Nullable Exception> firstError = new AtomicReference<>();
        long lines = 0;
        try (BufferedReader in = reader();
                KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines++;
                producer.send(
                        record(line, lines),
                        (metadata, error) -> {
                            if (error != null) {
                                firstError.compareAndSet(null, error);
                            }
                        });
                if (firstError.get() != null) {
                    break;
                }
            }
            producer.flush();
        }
        Exception error = firstError.get();
        if (error != null) {
            throw new CommandFailure("writing to " + topic + " failed: " + Failures.message(error));
        }
        spec.commandLine()
                .getErr()
                .println(lines + (lines == 1 ? " record" : " records") + " written to " + topic);
        return 0;
    }

    private ProducerRecord<String, String> record(String line, long lineNumber) {
        if (keySeparator == null) {
            return new ProducerRecord<>(topic, line);
        }
        int at = line.indexOf(keySeparator);
        if (at < 0) {
            throw new CommandFailure(
                    "line " + lineNumber + " has no key separator '" + keySeparator + "': " + line);
        }
        return new ProducerRecord<>(
                topic, line.substring(0, at), line.substring(at + keySeparator.length()));
    }

    private BufferedReader reader() throws IOException {
        if (file == null) {
            return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        }
        try {
            return Files.newBufferedReader(file);
        } catch (NoSuchFileException e) {
            throw new CommandFailure("there is no file " + file);
        }
    }
}

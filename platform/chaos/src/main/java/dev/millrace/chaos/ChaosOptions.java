package dev.millrace.chaos;

import dev.millrace.chaos.fault.Fault;
import dev.millrace.chaos.load.Load;
import dev.millrace.chaos.place.Network;
import dev.millrace.chaos.system.ApacheKafka;
import dev.millrace.chaos.system.Millrace;
import dev.millrace.chaos.system.SystemUnderTest;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which system, where, and how long: what all commands have in common. */
final class ChaosOptions {
    static final int NODES = 3;

    @Option(
            names = "--system",
            description = "millrace or kafka (default: ${DEFAULT-VALUE})",
            defaultValue = "millrace")
    String system = "millrace";

    @Option(
            names = "--distribution",
            description =
                    "unpacked Millrace distribution (default: the one that 'mvn package' made in"
                            + " platform/node)")
    @Nullable Path distribution;

    @Option(
            names = "--place",
            description = "auto, namespaces or proxy (default: ${DEFAULT-VALUE})",
            defaultValue = "auto")
    String place = "auto";

    @Option(
            names = "--directory",
            description = "for logs and the report, emptied first (default: target/chaos/SYSTEM)")
    @Nullable Path directory;

    @Option(names = "--set", description = "KEY=VALUE, a broker setting that differs; repeatable")
    Map<String, String> settings = new LinkedHashMap<>();

    Path directory() {
        return (directory != null ? directory : Path.of("target", "chaos", system))
                .toAbsolutePath();
    }

    SystemUnderTest system(Network network) {
        if (system.equals("kafka")) {
            return new ApacheKafka(network, NODES, System.getProperty("java.class.path"), settings);
        }
        if (!system.equals("millrace")) {
            throw new IllegalArgumentException("--system is millrace or kafka, not " + system);
        }
        return new Millrace(network, NODES, distribution(), settings);
    }

    private Path distribution() {
        if (distribution != null) {
            return distribution.toAbsolutePath();
        }
        String property = System.getProperty("millrace.distribution", "");
        if (property.isEmpty()) {
            throw new IllegalArgumentException(
                    "say with --distribution where the unpacked distribution is");
        }
        return Path.of(property).toAbsolutePath();
    }

    /** Everything that there is, or what was asked for. */
    static List<String> chosen(List<String> asked, List<String> all) {
        return asked.isEmpty() ? all : asked;
    }

    static String kindsOfFaults() {
        return String.join(", ", Fault.kinds());
    }

    static String kindsOfLoad() {
        return String.join(", ", Load.KINDS);
    }
}

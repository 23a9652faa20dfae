package dev.millrace.node.config;

import dev.millrace.cluster.ClusterConfig;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one node is told, checked.
 *
 * <p>With {@code --data DIR} (default {@code ./data}) everything lies below DIR: {@code topics/}
 * (the log directory), {@code metadata/} (the journal), {@code state/} (stream and query state). A
 * file that names {@code log.dirs}, as Kafka's do, keeps its log directories, and the other two lie
 * in the first of them, in folders whose names begin with a dot.
 *
 * @param logDirs at least one
 * @param cluster the other nodes, or that there are none
 * @param properties all settings given, under Kafka's names, and {@code advertised.listeners}
 * @param warnings settings that were given and have no effect, a sentence each
 */
public record NodeConfig(
        int nodeId,
        HostPort kafka,
        HostPort http,
        List<Path> logDirs,
        Path metadataDir,
        Path stateDir,
        String rack,
        ClusterConfig cluster,
        Map<String, String> properties,
        List<String> warnings) {

    public static final String DEFAULT_KAFKA = "127.0.0.1:9092";
    public static final String DEFAULT_HTTP = "127.0.0.1:8080";

    /**
     * What the command line said; later fields win over earlier ones, and all of them over the
     * file.
     *
     * @param file properties file, or null
     * @param sets KEY=VALUE each
     */
    public record Sources(
            @Nullable Path file,
            @Nullable Path data,
            @Nullable String listen,
            @Nullable String http,
            List<String> sets) {}

    /**
     * @throws ConfigException in one sentence, on the first thing that cannot be used
     */
    public static NodeConfig of(Sources sources) {
        Map<String, String> given = new LinkedHashMap<>();
        List<String> warnings = new ArrayList<>();
        if (sources.file() != null) {
            String origin = sources.file().toString();
            read(sources.file()).forEach((key, value) -> put(given, warnings, key, value, origin));
        }
        for (String set : sources.sets()) {
            int equals = set.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("--set should be KEY=VALUE, not '" + set + "'");
            }
            put(given, warnings, set.substring(0, equals), set.substring(equals + 1), "--set");
        }
        if (sources.listen() != null) {
            HostPort.parse(sources.listen(), "--listen");
            given.put("listeners", "PLAINTEXT://" + sources.listen());
        }
        if (sources.http() != null) {
            HostPort.parse(sources.http(), "--http");
            given.put("millrace.http.listener", sources.http());
        }
        return resolve(given, sources.data(), warnings);
    }

    private static NodeConfig resolve(
            Map<String, String> given, @Nullable Path data, List<String> warnings) {
        String logDirSetting = given.getOrDefault("log.dirs", given.getOrDefault("log.dir", ""));
        List<Path> logDirs = new ArrayList<>();
        Path metadataDir;
        Path stateDir;
        if (data != null || logDirSetting.isBlank()) {
            Path base = data != null ? data : Path.of("data");
            if (data != null && !logDirSetting.isBlank()) {
                warnings.add("log.dirs is ignored because --data says where everything lies");
            }
            logDirs.add(base.resolve("topics"));
            metadataDir = base.resolve("metadata");
            stateDir = base.resolve("state");
        } else {
            for (String dir : logDirSetting.split(",", -1)) {
                if (dir.isBlank()) {
                    throw new ConfigException(
                            "log.dirs has an empty entry: '" + logDirSetting + "'");
                }
                Path path = Path.of(dir.strip());
                if (logDirs.contains(path)) {
                    throw new ConfigException("log.dirs names " + path + " twice");
                }
                logDirs.add(path);
            }
            metadataDir = logDirs.get(0).resolve(".metadata");
            stateDir = logDirs.get(0).resolve(".state");
        }
        String metadataSetting = given.get("metadata.log.dir");
        String stateSetting = given.get("millrace.state.dir");
        HostPort kafka =
                listener(
                        given.getOrDefault("listeners", "PLAINTEXT://" + DEFAULT_KAFKA),
                        "listeners");
        int nodeId = nodeId(given);
        Path metadata = metadataSetting == null ? metadataDir : Path.of(metadataSetting);
        ClusterConfig cluster = ClusterSettings.of(given, nodeId, metadata);
        Map<String, String> properties = ClusterSettings.withDefaults(given, cluster);
        properties.put("advertised.listeners", "PLAINTEXT://" + advertised(given, kafka));
        return new NodeConfig(
                nodeId,
                kafka,
                HostPort.parse(
                        given.getOrDefault("millrace.http.listener", DEFAULT_HTTP),
                        "millrace.http.listener"),
                List.copyOf(logDirs),
                metadata,
                stateSetting == null ? stateDir : Path.of(stateSetting),
                given.getOrDefault("broker.rack", ""),
                cluster,
                Map.copyOf(properties),
                List.copyOf(warnings));
    }

    /** What clients are told to connect to: never an address that means "all of mine". */
    private static HostPort advertised(Map<String, String> given, HostPort kafka) {
        String setting = given.get("advertised.listeners");
        if (setting != null) {
            HostPort advertised = listener(setting, "advertised.listeners");
            if (isWildcard(advertised.host())) {
                throw new ConfigException(
                        "advertised.listeners should name a host that clients can reach, not "
                                + advertised.host());
            }
            return advertised;
        }
        if (!isWildcard(kafka.host())) {
            return kafka;
        }
        try {
            return new HostPort(InetAddress.getLocalHost().getCanonicalHostName(), kafka.port());
        } catch (UnknownHostException e) {
            throw new ConfigException(
                    "this machine does not know its own name: say with advertised.listeners where"
                            + " clients reach "
                            + kafka);
        }
    }

    private static boolean isWildcard(String host) {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("[::]");
    }

    private static int nodeId(Map<String, String> given) {
        String nodeId = given.get("node.id");
        String brokerId = given.get("broker.id");
        if (nodeId != null && brokerId != null && !nodeId.equals(brokerId)) {
            throw new ConfigException(
                    "node.id="
                            + nodeId
                            + " and broker.id="
                            + brokerId
                            + " differ: give one of them");
        }
        String id = nodeId != null ? nodeId : brokerId != null ? brokerId : "1";
        return Integer.parseInt(id);
    }

    private static HostPort listener(String setting, String name) {
        return HostPort.parse(setting.substring(setting.indexOf("//") + 2), name);
    }

    private static void put(
            Map<String, String> given,
            List<String> warnings,
            String key,
            String value,
            String origin) {
        String name = key.strip();
        String text = value.strip();
        Setting setting = Settings.check(name, text, origin);
        if (!setting.effect().isEmpty()) {
            warnings.add(name + " has no effect: " + setting.effect());
        }
        given.put(name, text);
    }

    private static Map<String, String> read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new ConfigException("there is no configuration file " + file);
        } catch (IOException e) {
            throw new ConfigException(
                    "the configuration file " + file + " cannot be read: " + e.getMessage());
        }
        Map<String, String> read = new LinkedHashMap<>();
        Set<String> twice = new TreeSet<>();
        Properties properties =
                new Properties() {
                    private static final long serialVersionUID = 1L;
                    private final Set<Object> seen = new HashSet<>();

                    @Override
                    public synchronized @Nullable Object put(Object key, Object value) {
                        if (!seen.add(key)) {
                            twice.add(key.toString());
                        }
                        read.put(key.toString(), value.toString());
                        return super.put(key, value);
                    }
                };
        try (Reader reader = new StringReader(text)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException(file + " is not a properties file: " + e.getMessage());
        }
        if (!twice.isEmpty()) {
            throw new ConfigException(file + ": set more than once: " + String.join(", ", twice));
        }
        return read;
    }
}

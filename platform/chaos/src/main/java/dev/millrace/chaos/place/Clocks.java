package dev.millrace.chaos.place;

import dev.millrace.chaos.clock.ClockAgent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * The nodes' wall clocks: a file for each node says how wrong its clock is, and an agent in the
 * node's JVM ({@link ClockAgent}) adds that to what the program is told. The monotonic clock is
 * left alone, as it is when an administrator or NTP sets a machine's time.
 */
public final class Clocks {
    private static final List<String> AGENT_CLASSES =
            List.of("ClockAgent", "ClockAgent$Redirecting", "Calls", "WallClock");

    private final Path agent;
    private final List<Path> files;

    private Clocks(Path agent, List<Path> files) {
        this.agent = agent;
        this.files = List.copyOf(files);
    }

    static Clocks create(Path directory, int nodes) throws IOException {
        Path agent = directory.resolve("clock-agent.jar");
        writeAgent(agent);
        List<Path> files = new ArrayList<>();
        for (int node = 1; node <= nodes; node++) {
            files.add(directory.resolve("clock-" + node));
        }
        Clocks clocks = new Clocks(agent, files);
        clocks.heal();
        return clocks;
    }

    private static void writeAgent(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", ClockAgent.class.getName());
        String packagePath = ClockAgent.class.getPackageName().replace('.', '/') + "/";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            for (String name : AGENT_CLASSES) {
                try (InputStream in = ClockAgent.class.getResourceAsStream(name + ".class")) {
                    if (in == null) {
                        throw new IOException("no class file of " + name);
                    }
                    out.putNextEntry(new JarEntry(packagePath + name + ".class"));
                    in.transferTo(out);
                }
            }
        }
    }

    /** For the JVM of a node whose clock is to be wrong some time. */
    public Map<String, String> environment(int node) {
        String agentOption = "-javaagent:" + agent + "=" + files.get(node - 1);
        String others = System.getenv().getOrDefault("JAVA_TOOL_OPTIONS", "");
        return Map.of("JAVA_TOOL_OPTIONS", (others + " " + agentOption).strip());
    }

    public void shift(int node, long byMs) {
        write(files.get(node - 1), byMs);
    }

    public void heal() {
        files.forEach(file -> write(file, 0));
    }

    private static void write(Path file, long shiftMs) {
        try {
            Path whole = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(whole, Long.toString(shiftMs));
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.millrace.connect;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;

/** The three files that the distribution ships, with paths, names and broker of one test. */
final class Quickstart {
    private static final Path SHIPPED = Path.of("src/main/config");

    final Path directory;
    final String id = UUID.randomUUID().toString().substring(0, 8);
    final String topic = "connect-test-" + id;
    final Path text;
    final Path copy;
    final Path worker;
    final Path source;
    final Path sink;

    Quickstart(Path directory, String bootstrapServers) throws IOException {
        this.directory = directory;
        text = directory.resolve("test.txt");
        copy = directory.resolve("test.sink.txt");
        worker =
                adapted(
                        "connect-standalone.properties",
                        Map.of(
                                "bootstrap.servers",
                                bootstrapServers,
                                "offset.storage.file.filename",
                                "" + directory.resolve("offsets"),
                                "listeners",
                                "http://127.0.0.1:0"));
        source =
                adapted(
                        "connect-file-source.properties",
                        Map.of("name", "source-" + id, "file", "" + text, "topic", topic));
        sink =
                adapted(
                        "connect-file-sink.properties",
                        Map.of("name", "sink-" + id, "file", "" + copy, "topics", topic));
    }

    private Path adapted(String name, Map<String, String> changes) throws IOException {
        Path file = directory.resolve(name);
        Files.copy(SHIPPED.resolve(name), file);
        set(file, changes);
        return file;
    }

    /** Adds or replaces settings of one of the files. */
    static void set(Path file, Map<String, String> changes) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
        }
        properties.putAll(changes);
        try (Writer out = new StringWriter()) {
            properties.store(out, null);
            Files.writeString(file, out.toString());
        }
    }

    ConnectStandalone start() {
        return ConnectStandalone.start(worker, source, sink);
    }

    void append(List<String> lines) throws IOException {
        Files.write(text, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    List<String> copied() throws IOException {
        try {
            return Files.readAllLines(copy);
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }
}

package dev.millrace.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.slf4j.LoggerFactory;

/**
 * One of the two libraries with the same API, as the class path of a process that runs the
 * benchmark's programs.
 *
 * @param name as printed
 */
record StreamsLibrary(String name, String classPath) {
    private static final String PROGRAM = "dev/millrace/bench/program/StreamsProgram.java";

    static final String MAIN_CLASS = "dev.millrace.bench.program.StreamsProgram";

    static StreamsLibrary millrace() {
        return new StreamsLibrary("Millrace", System.getProperty("java.class.path"));
    }

    /**
     * Kafka Streams: compiles the program for it.
     *
     * @param libraries class path of its jar and those that it needs
     * @param work folder for the compiled program
     */
    static StreamsLibrary kafka(String libraries, Path work) throws IOException {
        Path source = work.resolve(PROGRAM);
        Files.createDirectories(source.getParent());
        Files.writeString(
                source, source().replace("dev.millrace.streams", "org.apache.kafka.streams"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException(
                    "The program has to be compiled for Kafka Streams: run this with a JDK, not a JRE");
        }
        int failed =
                compiler.run(
                        null,
                        null,
                        null,
                        "-nowarn",
                        "-proc:none",
                        "-d",
                        work.toString(),
                        "-cp",
                        libraries,
                        source.toString());
        if (failed != 0) {
            throw new IllegalStateException(
                    "The program does not compile with Kafka Streams from " + libraries);
        }
        return new StreamsLibrary("Kafka Streams", work + File.pathSeparator + libraries);
    }

    /** All jars of a folder as a class path. */
    static String jarsOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(Path::toString)
                    .filter(name -> name.endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    private static String source() throws IOException {
        try (InputStream in = StreamsLibrary.class.getResourceAsStream("/" + PROGRAM)) {
            if (in == null) {
                throw new IllegalStateException(PROGRAM + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String kafkaVersion() throws IOException {
        Properties properties = new Properties();
        try (InputStream in =
                StreamsLibrary.class.getResourceAsStream("/kafka/kafka-version.properties")) {
            if (in == null) {
                throw new IllegalStateException("kafka-clients is not on the class path");
            }
            properties.load(in);
        }
        return properties.getProperty("version");
    }

    /** Of the version of kafka-clients that this runs with; what else it needs is here already. */
    static String fromMavenRepository() throws IOException {
        String version = kafkaVersion();
        Path repository = Path.of(System.getProperty("user.home"), ".m2", "repository");
        Path folder = repository.resolve("org/apache/kafka/kafka-streams").resolve(version);
        Path jar = folder.resolve("kafka-streams-" + version + ".jar");
        Path pom = folder.resolve("kafka-streams-" + version + ".pom");
        String rocksDb = Files.exists(pom) ? rocksDbVersion(Files.readString(pom)) : "";
        Path rocksDbJar =
                repository
                        .resolve("org/rocksdb/rocksdbjni")
                        .resolve(rocksDb)
                        .resolve("rocksdbjni-" + rocksDb + ".jar");
        if (!Files.exists(jar) || !Files.exists(rocksDbJar)) {
            throw new IllegalStateException(
                    "Kafka Streams is not in the local Maven repository (expected "
                            + jar
                            + "). Fetch it with: mvn dependency:get -Dartifact=org.apache.kafka:kafka-streams:"
                            + version
                            + ", or name Kafka's folder libs with --kafka-libs");
        }
        List<String> path = new ArrayList<>(List.of(jar.toString(), rocksDbJar.toString()));
        for (Class<?> needed :
                List.of(
                        KafkaProducer.class,
                        LoggerFactory.class,
                        ObjectMapper.class,
                        JsonParser.class,
                        JsonInclude.class)) {
            path.add(jarOf(needed));
        }
        return String.join(File.pathSeparator, path);
    }

    private static String jarOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("Cannot find the jar of " + type, e);
        }
    }

    private static String rocksDbVersion(String pom) {
        return pom.replaceAll(
                "(?s).*<artifactId>rocksdbjni</artifactId>\\s*<version>([^<]*)</version>.*", "$1");
    }
}

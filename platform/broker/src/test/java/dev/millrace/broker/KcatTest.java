package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** librdkafka, by way of kcat. */
class KcatTest {
    @TempDir Path directory;
    private LocalBroker broker;

    /**
     * Installed where the build may, as root on Debian; else the test fails and says what to do.
     */
    @BeforeAll
    static void installed() throws Exception {
        if (!onPath() && isDebian() && System.getProperty("user.name").equals("root")) {
            Path log = Files.createTempFile("apt-get", ".log");
            Process apt =
                    new ProcessBuilder(
                                    "sh",
                                    "-c",
                                    "apt-get update -qq && apt-get install -y -qq"
                                            + " --no-install-recommends kcat")
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            if (!apt.waitFor(180, TimeUnit.SECONDS)) {
                apt.destroyForcibly();
            }
            assertThat(onPath()).as("kcat was installed; apt-get said %s", log).isTrue();
        }
        assertThat(onPath())
                .as("kcat is on the PATH; install Debian's package kcat, or your system's")
                .isTrue();
    }

    private static boolean isDebian() {
        return Files.exists(Path.of("/etc/debian_version"));
    }

    private static boolean onPath() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kcat")));
    }

    @BeforeEach
    void start() throws Exception {
        broker = new LocalBroker(directory.resolve("logs"), new InMemoryCluster(1), Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private String kcat(String input, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("kcat", "-b", broker.bootstrapServers()));
        command.addAll(List.of(arguments));
        Path in = Files.writeString(directory.resolve("in"), input);
        Path out = directory.resolve("out");
        Process process =
                new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("not done after 30 s: " + command);
        }
        assertThat(process.exitValue()).as("exit code of %s", command).isZero();
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    private static String lines(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> "line " + i + "\n")
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void what_it_produces_with_any_codec_it_consumes_again(String codec) throws Exception {
        kcat(lines(2000), "-P", "-t", "t", "-z", codec);

        assertThat(kcat("", "-C", "-t", "t", "-o", "beginning", "-e", "-q")).isEqualTo(lines(2000));
    }

    @Test
    void it_produces_idempotently_with_keys_and_headers() throws Exception {
        kcat(
                "k1:v1\nk2:v2\n",
                "-P",
                "-t",
                "t",
                "-K:",
                "-H",
                "h=1",
                "-X",
                "enable.idempotence=true");

        assertThat(kcat("", "-C", "-t", "t", "-o", "beginning", "-e", "-q", "-f", "%o %k %s %h\n"))
                .isEqualTo("0 k1 v1 h=1\n1 k2 v2 h=1\n");
    }

    @Test
    void it_reads_as_a_group_and_goes_on_where_it_was() throws Exception {
        kcat(lines(10), "-P", "-t", "t");
        String group = "g";
        String earliest = "auto.offset.reset=earliest";

        assertThat(kcat("", "-G", group, "-X", earliest, "-c", "10", "-q", "t"))
                .isEqualTo(lines(10));
        kcat("next\n", "-P", "-t", "t");
        assertThat(kcat("", "-G", group, "-X", earliest, "-c", "1", "-q", "t")).isEqualTo("next\n");
    }
}

package dev.millrace.streams.oracle;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** {@link Programs} and the like, compiled against Kafka Streams by nothing but another import. */
final class KafkaStreamsPrograms {
    private static final Path SOURCES = Path.of("src/test/java/dev/millrace/streams/oracle");

    private KafkaStreamsPrograms() {}

    static BiFunction<String, List<String[]>, String> load(String name, Path directory)
            throws Exception {
        compileNamed(name, directory);
        URL[] classes = {directory.toUri().toURL()};
        URLClassLoader loader =
                new URLClassLoader(classes, KafkaStreamsPrograms.class.getClassLoader());
        Object loaded = loader.loadClass("kafka." + name).getConstructor().newInstance();
        @SuppressWarnings("unchecked") // all of them are
        BiFunction<String, List<String[]>, String> programs =
                (BiFunction<String, List<String[]>, String>) loaded;
        return programs;
    }

    /** Class {@code kafka.NAME} in a directory. */
    static void compileNamed(String name, Path directory) throws IOException {
        String source =
                Files.readString(SOURCES.resolve(name + ".java"))
                        .replace("package dev.millrace.streams.oracle;", "package kafka;")
                        .replace(
                                "import dev.millrace.streams.", "import org.apache.kafka.streams.");
        Path file = Files.createDirectories(directory.resolve("kafka")).resolve(name + ".java");
        Files.writeString(file, source);
        compile(file, directory);
    }

    private static void compile(Path file, Path directory) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            Iterable<? extends JavaFileObject> units = files.getJavaFileObjects(file);
            StringWriter out = new StringWriter();
            List<String> options =
                    List.of(
                            "-d",
                            directory.toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-proc:none");
            if (!compiler.getTask(out, files, null, options, null, units).call()) {
                throw new AssertionError(file + " does not compile against Kafka Streams:\n" + out);
            }
        }
    }
}

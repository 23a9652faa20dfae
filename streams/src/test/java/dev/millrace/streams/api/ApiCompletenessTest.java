package dev.millrace.streams.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What of Kafka Streams' public API is missing here, by reflection. The list in the repository may
 * only become shorter; {@code -Dmillrace.docs.write=true} writes it anew.
 */
class ApiCompletenessTest {
    private static final String THEIRS = "org.apache.kafka.streams";
    private static final String OURS = "dev.millrace.streams";
    private static final Path LIST = Path.of("src/test/resources/missing-api.txt");

    @Test
    void nothing_is_missing_that_was_there() throws Exception {
        Set<String> missing = missing();
        if (Boolean.getBoolean("millrace.docs.write")) {
            Files.createDirectories(LIST.getParent());
            Files.write(LIST, missing);
        }
        assertThat(missing).isSubsetOf(Files.readAllLines(LIST));
    }

    @Test
    void the_list_names_nothing_that_is_there_now() throws Exception {
        assertThat(Files.readAllLines(LIST)).isSubsetOf(missing());
    }

    private static Set<String> missing() throws Exception {
        Set<String> missing = new TreeSet<>();
        for (String name : theirPublicTypes()) {
            Class<?> theirs =
                    Class.forName(name, false, ApiCompletenessTest.class.getClassLoader());
            if (!Modifier.isPublic(theirs.getModifiers())
                    || theirs.isAnonymousClass()
                    || theirs.isLocalClass()) {
                continue;
            }
            Class<?> ours = ours(name);
            if (ours == Missing.class) {
                missing.add(name.substring(THEIRS.length() + 1));
                continue;
            }
            Set<String> present =
                    Arrays.stream(ours.getMethods())
                            .map(ApiCompletenessTest::signature)
                            .collect(Collectors.toSet());
            missing.addAll(missingMembers(name, theirs, ours));
            for (Method method : theirs.getDeclaredMethods()) {
                if (Modifier.isPublic(method.getModifiers())
                        && !method.isBridge()
                        && !method.isSynthetic()
                        && !present.contains(signature(method))) {
                    missing.add(name.substring(THEIRS.length() + 1) + "#" + signature(method));
                }
            }
        }
        return missing;
    }

    /** Constructors, constants and fields; protected ones are for subclasses. */
    private static Set<String> missingMembers(String name, Class<?> theirs, Class<?> ours) {
        String shortName = name.substring(THEIRS.length() + 1);
        int visible = Modifier.PUBLIC | Modifier.PROTECTED;
        Set<String> missing = new TreeSet<>();
        Set<String> constructors =
                Arrays.stream(ours.getDeclaredConstructors())
                        .filter(each -> (each.getModifiers() & visible) != 0)
                        .map(each -> parameters(each.getParameterTypes()))
                        .collect(Collectors.toSet());
        for (Constructor<?> each : theirs.getDeclaredConstructors()) {
            boolean forPrograms =
                    Modifier.isPublic(each.getModifiers())
                            && !each.isSynthetic()
                            && !Modifier.isAbstract(theirs.getModifiers());
            if (forPrograms && !constructors.contains(parameters(each.getParameterTypes()))) {
                missing.add(shortName + "#new" + parameters(each.getParameterTypes()));
            }
        }
        Set<String> fields =
                Arrays.stream(ours.getFields()).map(Field::getName).collect(Collectors.toSet());
        for (Field each : theirs.getDeclaredFields()) {
            if (Modifier.isPublic(each.getModifiers()) && !fields.contains(each.getName())) {
                missing.add(shortName + "#" + each.getName());
            }
        }
        return missing;
    }

    private static Class<?> ours(String name) {
        try {
            return Class.forName(
                    name.replace(THEIRS, OURS), false, ApiCompletenessTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            return Missing.class;
        }
    }

    private static String signature(Method method) {
        return method.getName() + parameters(method.getParameterTypes());
    }

    private static String parameters(Class<?>[] types) {
        return Arrays.stream(types)
                .map(type -> type.getTypeName().replace(THEIRS, OURS))
                .map(type -> type.substring(type.lastIndexOf('.') + 1))
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static List<String> theirPublicTypes() throws IOException {
        URI jar =
                URI.create(
                        "jar:"
                                + org.apache.kafka.streams.KafkaStreams.class
                                        .getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation());
        try (FileSystem files = FileSystems.newFileSystem(jar, Map.of());
                Stream<Path> all = Files.walk(files.getPath("/org/apache/kafka/streams"))) {
            return all.map(Path::toString)
                    .filter(path -> path.endsWith(".class") && !path.contains("/internals/"))
                    .filter(path -> !path.endsWith("package-info.class"))
                    .map(path -> path.substring(1, path.length() - ".class".length()))
                    .map(path -> path.replace('/', '.'))
                    .sorted()
                    .toList();
        }
    }

    /** In place of a type that is missing. */
    private static final class Missing {
        private Missing() {}
    }
}

package dev.millrace.streams.conformance;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A class that a new release has renamed would otherwise go missing without a word. */
class ListedClassesTest {
    @Test
    void every_listed_class_is_compiled() throws Exception {
        List<String> listed = Files.readAllLines(Path.of("src/test/kafka/passing.txt"));
        assertTrue(listed.size() > 100, "only " + listed.size() + " classes are listed");
        for (String each : listed) {
            String resource =
                    each.replace("org/apache/kafka/streams", "dev/millrace/streams")
                            .replace(".java", ".class");
            assertNotNull(getClass().getClassLoader().getResource(resource), resource);
        }
    }
}

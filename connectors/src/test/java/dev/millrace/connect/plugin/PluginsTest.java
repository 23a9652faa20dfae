package dev.millrace.connect.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connect.file.FileStreamSinkConnector;
import dev.millrace.connect.file.FileStreamSourceConnector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.StringConverter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginsTest {
    private static final Path APACHE = Path.of("target/plugin-path");
    private static final String APACHE_SOURCE =
            "org.apache.kafka.connect.file.FileStreamSourceConnector";

    @TempDir Path directory;

    @Test
    void the_file_connectors_are_ours_by_alias_and_by_kafkas_class_names() {
        try (Plugins plugins = plugins(List.of(), false)) {
            assertThat(plugins.find("FileStreamSource", Connector.class))
                    .isEqualTo(FileStreamSourceConnector.class);
            assertThat(plugins.find("FileStreamSinkConnector", Connector.class))
                    .isEqualTo(FileStreamSinkConnector.class);
            assertThat(plugins.find(APACHE_SOURCE, Connector.class))
                    .isEqualTo(FileStreamSourceConnector.class);
        }
    }

    @Test
    void a_jar_on_the_plugin_path_wins_and_has_a_loader_of_its_own() {
        try (Plugins plugins = plugins(List.of(APACHE), false)) {
            for (String name : List.of("FileStreamSource", APACHE_SOURCE)) {
                Class<?> found = plugins.find(name, Connector.class);
                assertThat(found.getName()).isEqualTo(APACHE_SOURCE);
                assertThat(found.getClassLoader()).isInstanceOf(PluginClassLoader.class);
            }
        }
    }

    @Test
    void the_connect_api_is_shared_so_that_a_plugin_can_be_used_at_all() {
        try (Plugins plugins = plugins(List.of(APACHE), false)) {
            Plugin<Connector> plugin = plugins.create("FileStreamSource", Connector.class);
            assertThat(plugin.instance()).isInstanceOf(SourceConnector.class);
            assertThat(plugin.instance().config().names()).contains("file", "topic");
        }
    }

    @Test
    void converters_are_found_by_class_name_and_alias() {
        try (Plugins plugins = plugins(List.of(), false)) {
            assertThat(plugins.find("String", Converter.class)).isEqualTo(StringConverter.class);
            assertThat(plugins.find("org.apache.kafka.connect.json.JsonConverter", Converter.class))
                    .isNotNull();
        }
    }

    @Test
    void a_plugin_without_a_manifest_is_found_unless_only_manifests_count() throws Exception {
        compilePlugin("one", "one");
        try (Plugins plugins = plugins(List.of(directory), false)) {
            for (String name : List.of("org.example.MyConverter", "MyConverter", "My")) {
                assertThat(plugins.find(name, Converter.class).getName())
                        .isEqualTo("org.example.MyConverter");
            }
        }
        try (Plugins plugins = plugins(List.of(directory), true)) {
            assertThatThrownBy(() -> plugins.find("My", Converter.class))
                    .isInstanceOf(ConnectException.class)
                    .hasMessageContaining("no converter My on plugin.path");
        }
    }

    @Test
    void two_plugins_with_the_same_classes_do_not_see_each_other() throws Exception {
        compilePlugin("a/first", "first");
        compilePlugin("b/second", "second");
        try (Plugins first = plugins(List.of(directory.resolve("a")), false);
                Plugins second = plugins(List.of(directory.resolve("b")), false)) {
            assertThat(first.create("My", Converter.class).instance().version()).isEqualTo("first");
            assertThat(second.create("My", Converter.class).instance().version())
                    .isEqualTo("second");
        }
    }

    @Test
    void what_is_not_a_plugin_of_the_wanted_kind_is_refused() {
        try (Plugins plugins = plugins(List.of(), false)) {
            assertThatThrownBy(() -> plugins.find("java.lang.String", Connector.class))
                    .hasMessageContaining("java.lang.String is not a " + Connector.class.getName());
        }
    }

    private static Plugins plugins(List<Path> path, boolean onlyManifests) {
        return new Plugins(path, onlyManifests, PluginsTest.class.getClassLoader());
    }

    /** A converter in a package folder, as somebody without a build tool would drop it there. */
    private void compilePlugin(String location, String version) throws IOException {
        Path sources =
                Files.createDirectories(directory.resolve("../" + version + ".src").normalize());
        Path source = sources.resolve("MyConverter.java");
        Files.writeString(
                source,
                """
                package org.example;
                public class MyConverter extends org.apache.kafka.connect.storage.StringConverter {
                    public String version() { return "%s"; }
                }
                """
                        .formatted(version));
        Path classes = Files.createDirectories(directory.resolve(location));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int result =
                compiler.run(
                        null,
                        null,
                        null,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        classes.toString(),
                        source.toString());
        assertThat(result).isZero();
        Files.delete(source);
    }
}

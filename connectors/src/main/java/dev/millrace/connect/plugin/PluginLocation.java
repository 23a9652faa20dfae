package dev.millrace.connect.plugin;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * One plugin: an immediate child of an entry of {@code plugin.path}.
 *
 * <pre>
 * plugin.path=/opt/plugins
 *   /opt/plugins/one.jar             location, one jar
 *   /opt/plugins/two/                location, all jars below it
 *       lib/two.jar  lib/dep.jar
 *   /opt/plugins/three/              location, class files in package folders
 *       com/example/Three.class
 * </pre>
 */
final class PluginLocation implements AutoCloseable {
    private static final int MAX_DEPTH = 8;

    private final PluginClassLoader loader;
    private final List<Path> jars;

    private PluginLocation(PluginClassLoader loader, List<Path> jars) {
        this.loader = loader;
        this.jars = jars;
    }

    static List<PluginLocation> below(Path pluginPathEntry, ClassLoader parent) {
        List<PluginLocation> locations = new ArrayList<>();
        for (Path child : childrenOf(pluginPathEntry)) {
            if (Files.isDirectory(child) || isJar(child)) {
                locations.add(open(child, parent));
            }
        }
        return locations;
    }

    private static List<Path> childrenOf(Path directory) {
        if (isJar(directory)) {
            return List.of(directory);
        }
        try (Stream<Path> children = Files.list(directory)) {
            return children.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "plugin.path: cannot list " + directory + ": expected a directory of plugins",
                    e);
        }
    }

    private static PluginLocation open(Path location, ClassLoader parent) {
        List<Path> jars = new ArrayList<>();
        try (Stream<Path> files = Files.walk(location, MAX_DEPTH)) {
            files.filter(PluginLocation::isJar).sorted().forEach(jars::add);
            List<URL> urls = new ArrayList<>();
            if (Files.isDirectory(location)) {
                urls.add(location.toUri().toURL()); // class files and manifests without a jar
            }
            for (Path jar : jars) {
                urls.add(jar.toUri().toURL());
            }
            return new PluginLocation(
                    new PluginClassLoader(location, urls.toArray(URL[]::new), parent), jars);
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("plugin.path: " + location, e);
        } catch (IOException e) {
            throw new UncheckedIOException("plugin.path: cannot read " + location, e);
        }
    }

    private static boolean isJar(Path path) {
        String name = path.toString();
        return (name.endsWith(".jar") || name.endsWith(".zip")) && Files.isRegularFile(path);
    }

    PluginClassLoader loader() {
        return loader;
    }

    /** Whether this plugin brings the class itself. */
    boolean has(String className) {
        return loader.findResource(className.replace('.', '/') + ".class") != null;
    }

    /** The class names in the plugin's {@code META-INF/services} file for the type. */
    Set<String> manifest(Class<?> type) {
        Set<String> names = new LinkedHashSet<>();
        try {
            Enumeration<URL> files = loader.findResources("META-INF/services/" + type.getName());
            for (URL file : Collections.list(files)) {
                try (BufferedReader reader =
                        new BufferedReader(
                                new InputStreamReader(file.openStream(), StandardCharsets.UTF_8))) {
                    reader.lines()
                            .map(line -> line.replaceFirst("#.*", "").trim())
                            .filter(line -> !line.isEmpty())
                            .forEach(names::add);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("plugin.path: cannot read " + loader.location(), e);
        }
        return names;
    }

    /** Classes with one of these simple names, found by the names of the files in the plugin. */
    List<String> classesNamed(List<String> simpleNames) {
        List<String> found = new ArrayList<>();
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile())) {
                for (JarEntry entry : Collections.list(file.entries())) {
                    collect(entry.getName(), simpleNames, found);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("plugin.path: cannot read " + jar, e);
            }
        }
        Path root = loader.location();
        if (Files.isDirectory(root)) {
            try (Stream<Path> files = Files.walk(root, MAX_DEPTH)) {
                files.forEach(
                        file ->
                                collect(
                                        root.relativize(file).toString().replace('\\', '/'),
                                        simpleNames,
                                        found));
            } catch (IOException e) {
                throw new UncheckedIOException("plugin.path: cannot read " + root, e);
            }
        }
        return found;
    }

    private static void collect(String file, List<String> simpleNames, List<String> found) {
        for (String name : simpleNames) {
            if (file.endsWith("/" + name + ".class") && !file.startsWith("META-INF/")) {
                found.add(file.substring(0, file.length() - ".class".length()).replace('/', '.'));
            }
        }
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }
}

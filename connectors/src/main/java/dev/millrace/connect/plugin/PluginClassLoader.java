package dev.millrace.connect.plugin;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Loads one plugin: its own classes first, except those that it shares with the worker, namely the
 * Java platform, slf4j, and the Kafka and Connect API.
 */
final class PluginClassLoader extends URLClassLoader {
    static {
        registerAsParallelCapable();
    }

    private static final Pattern PLATFORM =
            Pattern.compile(
                    "(java|javax|jdk|sun|com\\.sun|org\\.ietf\\.jgss|org\\.w3c\\.dom|org\\.xml\\.sax)\\..*");

    private static final Pattern SHARED = Pattern.compile("org\\.(apache\\.kafka|slf4j)\\..*");

    /** Kafka's own plugins, below its packages: these belong to whoever brings them. */
    private static final Pattern PLUGINS_OF_KAFKA =
            Pattern.compile(
                    "org\\.apache\\.kafka\\.(connect\\.("
                            + "transforms\\.(?!Transformation$|predicates\\.Predicate$).*"
                            + "|(json|file|mirror|converters)\\..*"
                            + "|storage\\.(StringConverter|SimpleHeaderConverter)"
                            + "|connector\\.policy\\.(?!ConnectorClientConfig(OverridePolicy|Request(\\$ClientType)?)$).*"
                            + ")|common\\.config\\.provider\\.(?!ConfigProvider$).*)");

    private final Path location;

    PluginClassLoader(Path location, URL[] urls, ClassLoader parent) {
        super("plugin " + location.getFileName(), urls, parent);
        this.location = location;
    }

    Path location() {
        return location;
    }

    static boolean isShared(String className) {
        return SHARED.matcher(className).matches()
                && !PLUGINS_OF_KAFKA.matcher(className).matches();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                loaded = loadNew(name);
            }
            if (resolve) {
                resolveClass(loaded);
            }
            return loaded;
        }
    }

    private Class<?> loadNew(String name) throws ClassNotFoundException {
        if (isShared(name)) {
            return super.loadClass(name, false);
        }
        if (PLATFORM.matcher(name).matches()) {
            try {
                return getPlatformClassLoader().loadClass(name);
            } catch (ClassNotFoundException notOfThePlatform) {
                return own(name); // javax.inject and its like come with the plugin
            }
        }
        return own(name);
    }

    private Class<?> own(String name) throws ClassNotFoundException {
        try {
            return findClass(name);
        } catch (ClassNotFoundException notOurs) {
            return getParent().loadClass(name);
        }
    }

    @Override
    public @Nullable URL getResource(String name) {
        URL own = findResource(name);
        return own != null ? own : super.getResource(name);
    }
}

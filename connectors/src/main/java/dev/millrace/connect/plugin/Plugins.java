package dev.millrace.connect.plugin;

import dev.millrace.connect.file.FileStreamSinkConnector;
import dev.millrace.connect.file.FileStreamSourceConnector;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All plugins of a worker. A name is looked up in this order; the first that has it wins:
 *
 * <ol>
 *   <li>the manifests ({@code META-INF/services}) of the locations of {@code plugin.path}, by class
 *       name or alias (simple name, with or without its suffix {@code Connector}, {@code
 *       Converter}...);
 *   <li>the classes in those locations, for plugins without a manifest, unless {@code
 *       plugin.discovery} is {@code service_load};
 *   <li>the class path of the worker, again by name, then by alias;
 *   <li>the names under which Kafka ships its file connectors, for which we have our own.
 * </ol>
 */
public final class Plugins implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Plugins.class);

    private static final Map<String, Class<?>> STAND_INS =
            Map.of(
                    "org.apache.kafka.connect.file.FileStreamSourceConnector",
                    FileStreamSourceConnector.class,
                    "org.apache.kafka.connect.file.FileStreamSinkConnector",
                    FileStreamSinkConnector.class);

    private static final Map<Class<?>, List<Class<?>>> SERVICES =
            Map.of(
                    Connector.class, List.of(SourceConnector.class, SinkConnector.class),
                    Converter.class, List.of(Converter.class),
                    HeaderConverter.class, List.of(HeaderConverter.class),
                    Transformation.class, List.of(Transformation.class),
                    Predicate.class, List.of(Predicate.class));

    /** What a plugin is listed as. */
    public record Listed(String className, Class<?> service) {}

    private final List<PluginLocation> locations = new ArrayList<>();
    private final ClassLoader parent;
    private final boolean onlyManifests;

    /**
     * @param parent the worker's class loader, which holds the Connect API
     * @param onlyManifests {@code plugin.discovery=service_load}
     */
    public Plugins(List<Path> pluginPath, boolean onlyManifests, ClassLoader parent) {
        this.parent = parent;
        this.onlyManifests = onlyManifests;
        for (Path entry : pluginPath) {
            locations.addAll(PluginLocation.below(entry, parent));
        }
    }

    /**
     * A new object of the named plugin, made by its constructor without arguments.
     *
     * @throws ConnectException if there is none, with the names that there are
     */
    public <T> Plugin<T> create(String name, Class<T> type) {
        Class<? extends T> found = find(name, type);
        Plugin.Swap swap = Plugin.Swap.to(found.getClassLoader());
        try {
            return new Plugin<>(found.getDeclaredConstructor().newInstance());
        } catch (InvocationTargetException e) {
            throw new ConnectException(
                    name + " could not be created: " + e.getTargetException(),
                    e.getTargetException());
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new ConnectException(name + " could not be created: " + e, e);
        } finally {
            swap.close();
        }
    }

    /** The class that {@link #create} would make an object of. */
    public <T> Class<? extends T> find(String name, Class<T> type) {
        for (PluginLocation location : locations) {
            for (String candidate : candidates(location, name, type)) {
                try {
                    return checked(location.loader().loadClass(candidate), type);
                } catch (ClassNotFoundException | LinkageError e) {
                    throw new ConnectException(
                            location.loader().location()
                                    + " has "
                                    + candidate
                                    + " but cannot load it: "
                                    + e,
                            e);
                }
            }
        }
        try {
            return checked(Class.forName(name, false, parent), type);
        } catch (ClassNotFoundException notAClassName) {
            log.trace("{} is not a class of the worker's class path", name);
        }
        for (Class<? extends T> candidate : onClassPath(type)) {
            if (matches(candidate.getName(), name, type)) {
                return candidate;
            }
        }
        Class<?> standIn = STAND_INS.get(name);
        if (standIn != null) {
            return checked(standIn, type);
        }
        throw new ConnectException(
                "no "
                        + type.getSimpleName().toLowerCase(Locale.ROOT)
                        + " "
                        + name
                        + " on plugin.path or the class path; there are: "
                        + String.join(", ", names(type)));
    }

    private <T> Set<String> candidates(PluginLocation location, String name, Class<T> type) {
        Set<String> candidates = new LinkedHashSet<>();
        for (Class<?> service : servicesOf(type)) {
            for (String className : location.manifest(service)) {
                if (className.equals(name) || matches(className, name, type)) {
                    candidates.add(className);
                }
            }
        }
        if (candidates.isEmpty() && !onlyManifests) {
            if (name.indexOf('.') >= 0) {
                if (!PluginClassLoader.isShared(name) && location.has(name)) {
                    candidates.add(name);
                }
            } else {
                candidates.addAll(
                        location.classesNamed(List.of(name, name + type.getSimpleName())));
            }
        }
        return candidates;
    }

    private static <T> boolean matches(String className, String alias, Class<T> type) {
        String simple = className.substring(className.lastIndexOf('.') + 1);
        return simple.equals(alias) || simple.equals(alias + type.getSimpleName());
    }

    private static <T> Class<? extends T> checked(Class<?> found, Class<T> type) {
        if (!type.isAssignableFrom(found) || Modifier.isAbstract(found.getModifiers())) {
            throw new ConnectException(
                    found.getName() + " is not a " + type.getName() + " that can be created");
        }
        return found.asSubclass(type);
    }

    private <T> List<Class<? extends T>> onClassPath(Class<T> type) {
        List<Class<? extends T>> found = new ArrayList<>();
        for (Class<?> service : servicesOf(type)) {
            ServiceLoader.load(service, parent).stream()
                    .forEach(provider -> found.add(provider.type().asSubclass(type)));
        }
        return found;
    }

    private static List<Class<?>> servicesOf(Class<?> type) {
        return SERVICES.getOrDefault(type, List.of(type));
    }

    private <T> Set<String> names(Class<T> type) {
        Set<String> names = new TreeSet<>();
        onClassPath(type).forEach(found -> names.add(found.getName()));
        for (PluginLocation location : locations) {
            servicesOf(type).forEach(service -> names.addAll(location.manifest(service)));
        }
        return names;
    }

    /** Every plugin that has a manifest, ordered by kind and name. */
    public List<Listed> list() {
        List<Listed> listed = new ArrayList<>();
        for (Class<?> service :
                List.of(
                        SinkConnector.class,
                        SourceConnector.class,
                        Converter.class,
                        HeaderConverter.class,
                        Transformation.class,
                        Predicate.class)) {
            names(service).forEach(name -> listed.add(new Listed(name, service)));
        }
        return listed;
    }

    @Override
    public void close() {
        for (PluginLocation location : locations) {
            try {
                location.close();
            } catch (IOException e) {
                log.warn("{} not closed", location.loader().location(), e);
            }
        }
    }
}

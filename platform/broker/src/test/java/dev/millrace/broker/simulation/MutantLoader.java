package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Loads all of Millrace anew, with some of its classes changed. */
final class MutantLoader extends ClassLoader {
    private static final String OURS = "dev.millrace.";

    private final List<Mutation> mutations;

    MutantLoader(List<Mutation> mutations) {
        super(MutantLoader.class.getClassLoader());
        this.mutations = mutations;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            if (!name.startsWith(OURS)) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        String file = name.replace('.', '/') + ".class";
        try (InputStream in = requireNonNull(getParent()).getResourceAsStream(file)) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            for (Mutation mutation : mutations) {
                if (mutation.fullClassName().equals(name)) {
                    bytes = mutation.apply(bytes);
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    /**
     * What {@link Lives#outcome} gives for each seed, in a world with the fault.
     *
     * @return gives the name of the invariant that was violated; null for a life without any
     */
    @SuppressWarnings("unchecked")
    static LongFunction<@Nullable String> lives(PlantedFault fault) {
        try {
            return (LongFunction<@Nullable String>)
                    new MutantLoader(fault.mutations())
                            .loadClass(Lives.class.getName())
                            .getMethod("with", String.class)
                            .invoke(null, fault.name());
        } catch (ReflectiveOperationException e) {
            Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
            throw new IllegalStateException("no lives with " + fault, cause);
        }
    }
}

package dev.millrace.streams.internal.store;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.StateStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.Set;

/** A view of a store that another thread writes: every call holds the lock. */
public final class SharedView {
    private SharedView() {}

    public static StateStore of(StateStore view, Object lock) {
        Set<Class<?>> interfaces = new LinkedHashSet<>();
        for (Class<?> type = view.getClass(); type != null; type = type.getSuperclass()) {
            interfaces.addAll(Set.of(type.getInterfaces()));
        }
        return Erased.cast(
                Proxy.newProxyInstance(
                        StateStore.class.getClassLoader(),
                        interfaces.toArray(Class<?>[]::new),
                        (proxy, method, arguments) -> {
                            synchronized (lock) {
                                try {
                                    return method.invoke(view, arguments);
                                } catch (InvocationTargetException e) {
                                    throw e.getCause() == null ? e : e.getCause();
                                }
                            }
                        }));
    }
}

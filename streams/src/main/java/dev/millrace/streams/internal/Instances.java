package dev.millrace.streams.internal;

import java.lang.reflect.InvocationTargetException;
import org.apache.kafka.common.KafkaException;

/** Objects of classes that settings name. */
public final class Instances {
    private Instances() {}

    /**
     * @throws ClassNotFoundException there is no such class for the thread's class loader
     * @throws ClassCastException it is no {@code type}
     * @throws KafkaException it cannot be made
     */
    public static <T> T of(String className, Class<T> type) throws ClassNotFoundException {
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        ClassLoader loader = ofThread == null ? Instances.class.getClassLoader() : ofThread;
        return of(Class.forName(className, true, loader).asSubclass(type));
    }

    /**
     * @throws KafkaException it has no public constructor without arguments, or that throws
     */
    public static <T> T of(Class<T> type) {
        try {
            return type.getConstructor().newInstance();
        } catch (InvocationTargetException e) {
            throw new KafkaException("the constructor of " + type.getName() + " throws", e);
        } catch (ReflectiveOperationException e) {
            throw new KafkaException(
                    type.getName() + " needs a public constructor without arguments", e);
        }
    }
}

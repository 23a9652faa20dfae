package dev.millrace.streams.kstream;

/** An operator whose name in the topology may be given. */
public interface NamedOperation<T extends NamedOperation<T>> {
    T withName(String name);
}

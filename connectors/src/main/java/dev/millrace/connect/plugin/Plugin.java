package dev.millrace.connect.plugin;

/**
 * An instance of a plugin's class. Calls into it are made between {@link #enter} and the close of
 * what that returns, so that the plugin finds its own classes through the thread.
 */
public record Plugin<T>(T instance) {

    public ClassLoader loader() {
        return instance.getClass().getClassLoader();
    }

    /** Makes the plugin's class loader the context loader of this thread, until it is closed. */
    public Swap enter() {
        return Swap.to(loader());
    }

    public static final class Swap implements AutoCloseable {
        private final ClassLoader before;

        private Swap(ClassLoader before) {
            this.before = before;
        }

        public static Swap to(ClassLoader loader) {
            Thread thread = Thread.currentThread();
            Swap swap = new Swap(thread.getContextClassLoader());
            thread.setContextClassLoader(loader);
            return swap;
        }

        @Override
        public void close() {
            Thread.currentThread().setContextClassLoader(before);
        }
    }
}

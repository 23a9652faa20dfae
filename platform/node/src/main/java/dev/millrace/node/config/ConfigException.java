package dev.millrace.node.config;

/** A setting that cannot be used; the message says which, what was expected and what came. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}

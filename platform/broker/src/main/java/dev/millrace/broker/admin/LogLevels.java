package dev.millrace.broker.admin;

import java.util.Map;
import java.util.Set;

/**
 * The levels of this process's loggers, to be seen and changed while it runs; a restart forgets
 * changes. Any thread.
 *
 * @see "KIP-412: dynamic log levels"
 */
interface LogLevels {
    /** The logger that all others inherit from. */
    String ROOT = "root";

    /** In the order Kafka's messages have them. */
    Set<String> VALID = Set.of("DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN");

    /** Loggers by name with their levels, inherited ones too. */
    Map<String, String> all();

    boolean exists(String logger);

    /**
     * @param level one of {@link #VALID}
     */
    void set(String logger, String level);

    /** From now on as its parent. */
    void unset(String logger);

    /** Those of the logging backend in use; without any logger if it is one we cannot steer. */
    static LogLevels ofThisProcess() {
        try {
            return LogbackLevels.ofThisProcess();
        } catch (LinkageError e) {
            return new LogLevels() {
                @Override
                public Map<String, String> all() {
                    return Map.of();
                }

                @Override
                public boolean exists(String logger) {
                    return false;
                }

                @Override
                public void set(String logger, String level) {
                    throw new IllegalArgumentException("there is no logger " + logger);
                }

                @Override
                public void unset(String logger) {
                    throw new IllegalArgumentException("there is no logger " + logger);
                }
            };
        }
    }
}

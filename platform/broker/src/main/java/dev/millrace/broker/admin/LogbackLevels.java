package dev.millrace.broker.admin;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/** Logback has no FATAL: it counts as ERROR, and OFF is shown as it is. */
final class LogbackLevels implements LogLevels {
    private final LoggerContext context;

    private LogbackLevels(LoggerContext context) {
        this.context = context;
    }

    /**
     * @throws LinkageError if Logback is not there
     */
    static LogLevels ofThisProcess() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
            return new LogbackLevels(logback);
        }
        throw new NoClassDefFoundError("Logback is not the logging backend of this process");
    }

    @Override
    public Map<String, String> all() {
        Map<String, String> levels = new TreeMap<>();
        for (Logger logger : context.getLoggerList()) {
            levels.put(
                    logger.getName().equals(org.slf4j.Logger.ROOT_LOGGER_NAME)
                            ? ROOT
                            : logger.getName(),
                    logger.getEffectiveLevel().toString());
        }
        return levels;
    }

    @Override
    public boolean exists(String logger) {
        return logger.equals(ROOT) || context.exists(logger) != null;
    }

    @Override
    public void set(String logger, String level) {
        find(logger).setLevel(level.equals("FATAL") ? Level.ERROR : Level.toLevel(level));
    }

    @Override
    public void unset(String logger) {
        find(logger).setLevel(null);
    }

    private Logger find(String logger) {
        return context.getLogger(logger.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : logger);
    }
}

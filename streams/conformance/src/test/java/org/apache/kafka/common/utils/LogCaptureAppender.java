package org.apache.kafka.common.utils;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** What Kafka's class of this name does for its tests, with the log that we have. */
public final class LogCaptureAppender implements AutoCloseable {
    private final Logger logger;
    private final ch.qos.logback.classic.Level before;
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    private LogCaptureAppender(String name) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        logger = context.getLogger(name);
        before = logger.getLevel();
        events.setContext(context);
        events.start();
        logger.addAppender(events);
    }

    public static LogCaptureAppender createAndRegister(Class<?> type) {
        return new LogCaptureAppender(type.getName());
    }

    public void setClassLogger(Class<?> type, Level level) {
        if (!type.getName().equals(logger.getName())) {
            throw new IllegalArgumentException("It listens to " + logger.getName());
        }
        logger.setLevel(ch.qos.logback.classic.Level.convertAnSLF4JLevel(level));
    }

    public List<String> getMessages() {
        return List.copyOf(events.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    public List<String> getMessages(String level) {
        return List.copyOf(events.list).stream()
                .filter(event -> event.getLevel().toString().equals(level))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(events);
        logger.setLevel(before);
    }
}

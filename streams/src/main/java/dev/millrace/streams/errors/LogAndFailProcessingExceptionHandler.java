package dev.millrace.streams.errors;

import dev.millrace.streams.processor.api.Record;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops at a record that makes a function fail. The default. */
public class LogAndFailProcessingExceptionHandler implements ProcessingExceptionHandler {
    private static final Logger LOG =
            LoggerFactory.getLogger(LogAndFailProcessingExceptionHandler.class);

    private final DeadLetters deadLetters = new DeadLetters();

    @Override
    public void configure(Map<String, ?> configs) {
        deadLetters.configure(configs);
    }

    @Override
    public Response handleError(
            ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
        LOG.error(
                "Record of {}-{} offset {} cannot be processed: operator {} of task {}",
                context.topic(),
                context.partition(),
                context.offset(),
                context.processorNodeId(),
                context.taskId(),
                exception);
        return Response.fail(deadLetters.of(context, exception));
    }
}

package dev.millrace.streams.errors;

import dev.millrace.streams.processor.api.Record;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drops records that make a function fail. */
public class LogAndContinueProcessingExceptionHandler implements ProcessingExceptionHandler {
    private static final Logger LOG =
            LoggerFactory.getLogger(LogAndContinueProcessingExceptionHandler.class);

    private final DeadLetters deadLetters = new DeadLetters();

    @Override
    public void configure(Map<String, ?> configs) {
        deadLetters.configure(configs);
    }

    @Override
    public Response handleError(
            ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
        LOG.warn(
                "Record of {}-{} offset {} is dropped, it cannot be processed: operator {} of task {}",
                context.topic(),
                context.partition(),
                context.offset(),
                context.processorNodeId(),
                context.taskId(),
                exception);
        return Response.resume(deadLetters.of(context, exception));
    }
}

package dev.millrace.streams.errors;

import dev.millrace.streams.processor.api.Record;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Configurable;

/**
 * Decides about a record that made a function of the program fail (KIP-1033). Implement {@link
 * #handleError}; must have a public no-argument constructor. Called on the thread of the task.
 */
public interface ProcessingExceptionHandler extends Configurable {
    /**
     * @param record as it reached the failing operator
     */
    default Response handleError(
            ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
        return new Response(Result.from(handle(context, record, exception)), List.of());
    }

    /** Former name of {@link #handleError}. */
    @Deprecated
    default ProcessingHandlerResponse handle(
            ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not implement handleError");
    }

    @Override
    default void configure(Map<String, ?> configs) {}

    /** Former name of {@link Result}. */
    @Deprecated
    enum ProcessingHandlerResponse {
        CONTINUE(1, "CONTINUE"),
        FAIL(2, "FAIL");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        ProcessingHandlerResponse(int id, String name) {
            this.id = id;
            this.name = name;
        }
    }

    /** What happens next. */
    enum Result {
        /** The record is dropped. */
        RESUME(1, "RESUME"),
        /** The thread ends with the exception. */
        FAIL(2, "FAIL");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        Result(int id, String name) {
            this.id = id;
            this.name = name;
        }

        @SuppressWarnings("deprecation") // the one place that knows both
        private static Result from(ProcessingHandlerResponse former) {
            return switch (former) {
                case CONTINUE -> RESUME;
                case FAIL -> FAIL;
            };
        }
    }

    /** What happens next, and what goes to a dead letter topic. */
    final class Response {
        private final Result result;
        private final List<ProducerRecord<byte[], byte[]>> deadLetterQueueRecords;

        private Response(Result result, List<ProducerRecord<byte[], byte[]>> records) {
            this.result = result;
            this.deadLetterQueueRecords = List.copyOf(records);
        }

        public static Response fail(List<ProducerRecord<byte[], byte[]>> deadLetterQueueRecords) {
            return new Response(Result.FAIL, deadLetterQueueRecords);
        }

        public static Response fail() {
            return fail(List.of());
        }

        public static Response resume(List<ProducerRecord<byte[], byte[]>> deadLetterQueueRecords) {
            return new Response(Result.RESUME, deadLetterQueueRecords);
        }

        public static Response resume() {
            return resume(List.of());
        }

        public Result result() {
            return result;
        }

        public List<ProducerRecord<byte[], byte[]>> deadLetterQueueRecords() {
            return deadLetterQueueRecords;
        }
    }
}

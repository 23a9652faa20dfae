package dev.millrace.streams.errors;

import dev.millrace.streams.processor.ProcessorContext;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Configurable;
import org.jspecify.annotations.Nullable;

/**
 * Decides about a source record whose key or value cannot be deserialised. Implement {@link
 * #handleError}; must have a public no-argument constructor. Called on the thread of the task.
 */
public interface DeserializationExceptionHandler extends Configurable {
    default Response handleError(
            ErrorHandlerContext context,
            ConsumerRecord<byte[], byte[]> record,
            Exception exception) {
        return new Response(Result.from(handle(context, record, exception)), List.of());
    }

    /** Former name of {@link #handleError}. */
    @Deprecated
    default DeserializationHandlerResponse handle(
            ErrorHandlerContext context,
            ConsumerRecord<byte[], byte[]> record,
            Exception exception) {
        return handle((ProcessorContext) null, record, exception);
    }

    /**
     * Former form of {@link #handleError}.
     *
     * @param context null: it tells nothing that the record does not
     */
    @Deprecated
    default DeserializationHandlerResponse handle(
            @Nullable ProcessorContext context,
            ConsumerRecord<byte[], byte[]> record,
            Exception exception) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not implement handleError");
    }

    @Override
    default void configure(Map<String, ?> configs) {}

    /** Former name of {@link Result}. */
    @Deprecated
    enum DeserializationHandlerResponse {
        CONTINUE(0, "CONTINUE"),
        FAIL(1, "FAIL");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        DeserializationHandlerResponse(int id, String name) {
            this.id = id;
            this.name = name;
        }
    }

    /** What happens next. */
    enum Result {
        /** The record is dropped. */
        RESUME(0, "RESUME"),
        /** The thread ends with the exception. */
        FAIL(1, "FAIL");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        Result(int id, String name) {
            this.id = id;
            this.name = name;
        }

        @SuppressWarnings("deprecation") // the one place that knows both
        private static Result from(DeserializationHandlerResponse former) {
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

package dev.millrace.streams.errors;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Configurable;

/**
 * Decides about a record that cannot be serialised, or that the cluster does not take. Implement
 * {@link #handleError} and {@link #handleSerializationError}; must have a public no-argument
 * constructor. The former is called on the producer's thread, the latter on the task's.
 */
public interface ProductionExceptionHandler extends Configurable {
    default Response handleError(
            ErrorHandlerContext context,
            ProducerRecord<byte[], byte[]> record,
            Exception exception) {
        return new Response(Result.from(handle(context, record, exception)), List.of());
    }

    /** Former name of {@link #handleError}. */
    @Deprecated
    default ProductionExceptionHandlerResponse handle(
            ErrorHandlerContext context,
            ProducerRecord<byte[], byte[]> record,
            Exception exception) {
        return handle(record, exception);
    }

    /** Former name of {@link #handleError}. */
    @Deprecated
    default ProductionExceptionHandlerResponse handle(
            ProducerRecord<byte[], byte[]> record, Exception exception) {
        throw new UnsupportedOperationException(
                getClass().getName() + " does not implement handleError");
    }

    /**
     * @param record with the key and value that could not be serialised
     */
    @SuppressWarnings("rawtypes") // Kafka Streams' signature
    default Response handleSerializationError(
            ErrorHandlerContext context,
            ProducerRecord record,
            Exception exception,
            SerializationExceptionOrigin origin) {
        return new Response(
                Result.from(handleSerializationException(context, record, exception, origin)),
                List.of());
    }

    /** Former name of {@link #handleSerializationError}. */
    @Deprecated
    @SuppressWarnings("rawtypes") // Kafka Streams' signature
    default ProductionExceptionHandlerResponse handleSerializationException(
            ErrorHandlerContext context,
            ProducerRecord record,
            Exception exception,
            SerializationExceptionOrigin origin) {
        return handleSerializationException(record, exception);
    }

    /** Former name of {@link #handleSerializationError}. */
    @Deprecated
    @SuppressWarnings("rawtypes") // Kafka Streams' signature
    default ProductionExceptionHandlerResponse handleSerializationException(
            ProducerRecord record, Exception exception) {
        return ProductionExceptionHandlerResponse.FAIL;
    }

    @Override
    default void configure(Map<String, ?> configs) {}

    /** What could not be serialised. */
    enum SerializationExceptionOrigin {
        KEY,
        VALUE
    }

    /** Former name of {@link Result}. */
    @Deprecated
    enum ProductionExceptionHandlerResponse {
        CONTINUE(0, "CONTINUE"),
        FAIL(1, "FAIL"),
        RETRY(2, "RETRY");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        ProductionExceptionHandlerResponse(int id, String name) {
            this.id = id;
            this.name = name;
        }
    }

    /** What happens next. */
    enum Result {
        /** The record is dropped. */
        RESUME(0, "RESUME"),
        /** The thread ends with the exception. */
        FAIL(1, "FAIL"),
        /** What was done since the last commit is done again, where the error may pass. */
        RETRY(2, "RETRY");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        Result(int id, String name) {
            this.id = id;
            this.name = name;
        }

        @SuppressWarnings("deprecation") // the one place that knows both
        private static Result from(ProductionExceptionHandlerResponse former) {
            return switch (former) {
                case CONTINUE -> RESUME;
                case FAIL -> FAIL;
                case RETRY -> RETRY;
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

        public static Response retry() {
            return new Response(Result.RETRY, List.of());
        }

        public Result result() {
            return result;
        }

        public List<ProducerRecord<byte[], byte[]>> deadLetterQueueRecords() {
            return deadLetterQueueRecords;
        }
    }
}

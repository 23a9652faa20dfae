package dev.millrace.streams.errors;

/** Decides what happens after an exception that no other handler took. */
@FunctionalInterface
public interface StreamsUncaughtExceptionHandler {
    StreamThreadExceptionResponse handle(Throwable exception);

    /** What happens next. */
    enum StreamThreadExceptionResponse {
        /** A new thread takes over from the last commit. */
        REPLACE_THREAD(0, "REPLACE_THREAD"),
        /** This instance ends, the others take over. */
        SHUTDOWN_CLIENT(1, "SHUTDOWN_KAFKA_STREAMS_CLIENT"),
        /** All instances end. */
        SHUTDOWN_APPLICATION(2, "SHUTDOWN_KAFKA_STREAMS_APPLICATION");

        /** Of Kafka Streams' metrics and logs. */
        public final int id;

        public final String name;

        StreamThreadExceptionResponse(int id, String name) {
            this.id = id;
            this.name = name;
        }
    }
}

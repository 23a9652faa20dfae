package dev.millrace.connect;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;

/**
 * Where a connector or task is in its life, in the words of Kafka Connect's REST API.
 *
 * @param trace stack trace of what ended a FAILED one
 */
record Status(State state, Optional<String> trace) {

    enum State {
        UNASSIGNED,
        RUNNING,
        PAUSED,
        STOPPED,
        FAILED
    }

    static Status of(State state) {
        return new Status(state, Optional.empty());
    }

    static Status failed(Throwable failure) {
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        return new Status(State.FAILED, Optional.of(trace.toString()));
    }
}

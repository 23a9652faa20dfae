package dev.millrace.streams.http;

/** A request that gets no answer but a reason. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;

    /**
     * @param code for programs; the message is for people
     */
    Refused(int status, String code, String message) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
    }

    /** Try again: the key moves, or whoever has it cannot be reached. */
    static Refused unavailable(String code, String message) {
        return new Refused(503, code, message);
    }

    Answer answer() {
        return new Answer(
                status, Json.object("error", code, "message", String.valueOf(getMessage())), false);
    }

    int status() {
        return status;
    }
}

package dev.millrace.streams;

/** Where reading a source topic begins when the group has no committed offset. */
public final class AutoOffsetReset {
    private static final AutoOffsetReset EARLIEST = new AutoOffsetReset("earliest");
    private static final AutoOffsetReset LATEST = new AutoOffsetReset("latest");
    private static final AutoOffsetReset NONE = new AutoOffsetReset("none");

    private final String policy;

    private AutoOffsetReset(String policy) {
        this.policy = policy;
    }

    public static AutoOffsetReset earliest() {
        return EARLIEST;
    }

    public static AutoOffsetReset latest() {
        return LATEST;
    }

    public static AutoOffsetReset none() {
        return NONE;
    }

    @Override
    public String toString() {
        return policy;
    }
}

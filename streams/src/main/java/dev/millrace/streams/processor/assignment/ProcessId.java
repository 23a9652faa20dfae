package dev.millrace.streams.processor.assignment;

import java.util.UUID;

/** An instance; it keeps its id as long as its state directory. */
public record ProcessId(UUID id) implements Comparable<ProcessId> {
    public static ProcessId randomProcessId() {
        return new ProcessId(UUID.randomUUID());
    }

    @Override
    public int compareTo(ProcessId other) {
        return id.compareTo(other.id);
    }

    @Override
    public String toString() {
        return id.toString();
    }
}

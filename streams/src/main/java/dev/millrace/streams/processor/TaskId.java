package dev.millrace.streams.processor;

/** One partition of one sub-topology. */
public record TaskId(int subtopology, int partition) implements Comparable<TaskId> {
    @Override
    public int compareTo(TaskId other) {
        int bySubtopology = Integer.compare(subtopology, other.subtopology);
        return bySubtopology != 0 ? bySubtopology : Integer.compare(partition, other.partition);
    }

    /** Reads {@code 0_1}. */
    public static TaskId parse(String text) {
        int underscore = text.indexOf('_');
        if (underscore < 1) {
            throw new IllegalArgumentException("A task id is SUBTOPOLOGY_PARTITION, not " + text);
        }
        return new TaskId(
                Integer.parseInt(text.substring(0, underscore)),
                Integer.parseInt(text.substring(underscore + 1)));
    }

    @Override
    public String toString() {
        return subtopology + "_" + partition;
    }
}

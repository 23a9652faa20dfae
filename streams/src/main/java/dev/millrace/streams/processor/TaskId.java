package dev.millrace.streams.processor;

import dev.millrace.streams.errors.TaskIdFormatException;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * One partition of one sub-topology.
 *
 * @param topologyName of one topology among several in an application; null for the only one
 */
public record TaskId(int subtopology, int partition, @Nullable String topologyName)
        implements Comparable<TaskId>, Serializable {
    /** Between the name of a topology and the rest. */
    public static final String NAMED_TOPOLOGY_DELIMITER = "__";

    /** An empty name is none. */
    public TaskId {
        topologyName = topologyName == null || topologyName.isEmpty() ? null : topologyName;
    }

    public TaskId(int subtopology, int partition) {
        this(subtopology, partition, null);
    }

    @Override
    public int compareTo(TaskId other) {
        String name = topologyName;
        String otherName = other.topologyName;
        if (name != null && otherName != null) {
            int byName = name.compareTo(otherName);
            if (byName != 0) {
                return byName;
            }
        } else if (name != null || otherName != null) {
            throw new IllegalStateException(
                    "Can't compare a TaskId with a namedTopology to one without");
        }
        int bySubtopology = Integer.compare(subtopology, other.subtopology);
        return bySubtopology != 0 ? bySubtopology : Integer.compare(partition, other.partition);
    }

    /**
     * Reads {@code 0_1} or {@code name__0_1}.
     *
     * @throws TaskIdFormatException when it is neither
     */
    public static TaskId parse(String text) {
        int delimiter = text.indexOf(NAMED_TOPOLOGY_DELIMITER);
        String name = delimiter < 0 ? null : text.substring(0, delimiter);
        String numbers =
                delimiter < 0
                        ? text
                        : text.substring(delimiter + NAMED_TOPOLOGY_DELIMITER.length());
        int underscore = numbers.indexOf('_');
        if (underscore < 1) {
            throw new TaskIdFormatException(text);
        }
        try {
            return new TaskId(
                    Integer.parseInt(numbers.substring(0, underscore)),
                    Integer.parseInt(numbers.substring(underscore + 1)),
                    name);
        } catch (NumberFormatException e) {
            throw new TaskIdFormatException(text, e);
        }
    }

    @Override
    public String toString() {
        String numbers = subtopology + "_" + partition;
        return topologyName == null ? numbers : topologyName + NAMED_TOPOLOGY_DELIMITER + numbers;
    }
}

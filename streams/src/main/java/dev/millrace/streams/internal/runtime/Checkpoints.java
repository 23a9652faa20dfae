package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.task.Task;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** Notes beside the stores of a task how far they hold their changelogs. */
final class Checkpoints {
    private final StateDirectory stateDirectory;
    private final ProducerCollector collector;
    private final Restorer restorer;
    private final boolean exactlyOnce;

    Checkpoints(
            StateDirectory stateDirectory,
            ProducerCollector collector,
            Restorer restorer,
            boolean exactlyOnce) {
        this.stateDirectory = stateDirectory;
        this.collector = collector;
        this.restorer = restorer;
        this.exactlyOnce = exactlyOnce;
    }

    /**
     * Makes the stores durable first. All that was sent must be acknowledged, and committed where
     * there are transactions.
     */
    void write(Task task) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        task.changelogs()
                .forEach(
                        (topic, store) -> {
                            TopicPartition partition =
                                    new TopicPartition(topic, task.id().partition());
                            Long written = collector.nextOffset(partition);
                            Long held = written != null ? written : restorer.heldUntil(partition);
                            if (held != null && task.persistent(store.name())) {
                                offsets.put(partition, held);
                            }
                        });
        if (!offsets.isEmpty() || task.hasCustomStores()) {
            task.flushStores(offsets);
        }
        if (!offsets.isEmpty()) {
            new CheckpointFile(stateDirectory.task(task.id()), exactlyOnce).write(offsets);
        }
    }
}

package dev.millrace.streams.processor.assignment;

import java.util.Collection;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupAssignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.common.Configurable;

/** Places tasks on instances. */
public interface TaskAssignor extends Configurable {
    /** What is wrong with an assignment; any but {@code NONE} fails the rebalance. */
    enum AssignmentError {
        NONE,
        ACTIVE_TASK_ASSIGNED_MULTIPLE_TIMES,
        /** A standby of a task that has no state. */
        INVALID_STANDBY_TASK,
        /** An instance was forgotten. */
        MISSING_PROCESS_ID,
        UNKNOWN_PROCESS_ID,
        UNKNOWN_TASK_ID
    }

    TaskAssignment assign(ApplicationState applicationState);

    /** What became of the last answer, thread by thread. */
    default void onAssignmentComputed(
            GroupAssignment assignment, GroupSubscription subscription, AssignmentError error) {}

    @Override
    default void configure(Map<String, ?> configs) {}

    /** One entry for each instance. */
    class TaskAssignment {
        private final Collection<KafkaStreamsAssignment> assignment;

        public TaskAssignment(Collection<KafkaStreamsAssignment> assignment) {
            this.assignment = assignment;
        }

        public Collection<KafkaStreamsAssignment> assignment() {
            return assignment;
        }
    }
}

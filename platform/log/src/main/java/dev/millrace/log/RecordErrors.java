package dev.millrace.log;

import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;

/** A refusal that knows which records of the batch are to blame; the others may be sent again. */
public interface RecordErrors {
    /** A batch may have a hundred thousand; a client needs to see some. */
    int MAX_ERRORS = 1_000;

    /** At least one, at most {@link #MAX_ERRORS}, ascending. */
    List<RecordError> recordErrors();

    /**
     * @param batchIndex number of the record in its batch, from 0
     */
    record RecordError(int batchIndex, String message) {}

    /** INVALID_RECORD. */
    final class InvalidRecords extends InvalidRecordException implements RecordErrors {
        private static final long serialVersionUID = 1L;

        private final transient List<RecordError> errors;

        InvalidRecords(String message, List<RecordError> errors) {
            super(message);
            this.errors = List.copyOf(errors);
        }

        @Override
        public List<RecordError> recordErrors() {
            return errors;
        }
    }

    /** INVALID_TIMESTAMP. */
    final class InvalidTimestamps extends InvalidTimestampException implements RecordErrors {
        private static final long serialVersionUID = 1L;

        private final transient List<RecordError> errors;

        InvalidTimestamps(String message, List<RecordError> errors) {
            super(message);
            this.errors = List.copyOf(errors);
        }

        @Override
        public List<RecordError> recordErrors() {
            return errors;
        }
    }
}

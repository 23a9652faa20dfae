package dev.millrace.log;

import dev.millrace.log.RecordErrors.InvalidRecords;
import dev.millrace.log.RecordErrors.InvalidTimestamps;
import dev.millrace.log.RecordErrors.RecordError;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.ApiException;

/** What a look at the records of one batch has found. One thread. */
final class CollectedErrors {
    private static final int SHOWN = 3;

    private final List<RecordError> errors = new ArrayList<>();
    private int count;

    void add(int batchIndex, String message) {
        count++;
        if (errors.size() < RecordErrors.MAX_ERRORS) {
            errors.add(new RecordError(batchIndex, message));
        }
    }

    boolean isEmpty() {
        return errors.isEmpty();
    }

    ApiException invalidRecords() {
        return new InvalidRecords(summary(), errors);
    }

    ApiException invalidTimestamps() {
        return new InvalidTimestamps(summary(), errors);
    }

    private String summary() {
        StringBuilder text = new StringBuilder();
        for (RecordError error : errors.subList(0, Math.min(SHOWN, errors.size()))) {
            text.append(text.isEmpty() ? "" : "; ")
                    .append("record ")
                    .append(error.batchIndex())
                    .append(" of the batch: ")
                    .append(error.message());
        }
        return count > SHOWN
                ? text.append("; and ").append(count - SHOWN).append(" more").toString()
                : text.toString();
    }
}

package dev.millrace.cluster.journal;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** The answer to a request: facts to append, or why not. */
public sealed interface Decision {

    /**
     * @param records none if the request asks for what already is
     * @param reply see {@link Outcome#reply}
     */
    record Accepted(List<MetadataRecord> records, long reply) implements Decision {
        Accepted(MetadataRecord record) {
            this(List.of(record), 0);
        }
    }

    /**
     * @param error becomes the public exception of kafka-clients that belongs to it
     * @param message what was expected, what came, what to do
     */
    record Rejected(Errors error, String message) implements Decision {}
}

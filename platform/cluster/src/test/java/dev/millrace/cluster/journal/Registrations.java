package dev.millrace.cluster.journal;

import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import dev.millrace.cluster.journal.MetadataRequest.RegisterBroker;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/** Brokers for tests that are not about them: unfenced from the start. */
final class Registrations {
    private Registrations() {}

    static RegisterBroker of(
            int nodeId, int port, String rack, Map<String, VersionRange> features) {
        return new RegisterBroker(
                nodeId,
                Uuid.randomUuid(),
                new BrokerStart("127.0.0.1", port, rack),
                false,
                features);
    }
}

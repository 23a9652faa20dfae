package dev.millrace.streams;

import java.util.Map;
import org.apache.kafka.common.Uuid;

/** Under which ids the clients of an instance push their metrics (KIP-1076). */
public interface ClientInstanceIds {
    /**
     * @throws IllegalStateException when the admin client pushes none
     */
    Uuid adminInstanceId();

    /** By client id; consumers that push none are left out. */
    Map<String, Uuid> consumerInstanceIds();

    /** By client id; producers that push none are left out. */
    Map<String, Uuid> producerInstanceIds();
}

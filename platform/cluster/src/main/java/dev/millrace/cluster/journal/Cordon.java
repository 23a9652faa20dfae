package dev.millrace.cluster.journal;

import dev.millrace.cluster.journal.MetadataRecord.ConfigsChanged;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Brokers that get no new replicas, as {@code cordoned.log.dirs=*} in their dynamic settings says
 * (KIP-1066). A list of directories is the broker's own matter: the journal knows none.
 */
public final class Cordon {
    public static final String SETTING = "cordoned.log.dirs";
    public static final String ALL = "*";

    private Cordon() {}

    /**
     * @param configs what is set in the cluster
     */
    public static boolean of(Map<ConfigResource, Map<String, String>> configs, int nodeId) {
        String own = configs.getOrDefault(broker(nodeId), Map.of()).get(SETTING);
        String everybody = configs.getOrDefault(resource(""), Map.of()).get(SETTING);
        String value = own != null ? own : everybody;
        return value != null && value.strip().equals(ALL);
    }

    /** Whoever gets the node id next is not cordoned. */
    static List<MetadataRecord> lifted(MetadataState state, int nodeId) {
        ConfigResource broker = broker(nodeId);
        return state.configs().getOrDefault(broker, Map.of()).containsKey(SETTING)
                ? List.of(new ConfigsChanged(broker, Map.of(SETTING, Optional.empty())))
                : List.of();
    }

    private static ConfigResource broker(int nodeId) {
        return resource(Integer.toString(nodeId));
    }

    private static ConfigResource resource(String name) {
        return new ConfigResource(ConfigResource.Type.BROKER, name);
    }
}

package dev.millrace.cluster.live;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.NetworkConfig;
import dev.millrace.cluster.ClusterConfig;
import dev.millrace.cluster.ClusterStartException;
import dev.millrace.cluster.PeerAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;

/** An embedded member for a broker: explicit peers, few threads, quick to start and to suspect. */
final class HazelcastSettings {
    static final String PLACEMENT_MAP = "millrace.placement";
    static final String GROUPS_MAP = "millrace.groups";

    /** Member attributes. */
    static final String NODE_ID = "node.id";

    static final String RACK = "broker.rack";

    private static final Map<String, String> PROPERTIES =
            Map.ofEntries(
                    Map.entry("hazelcast.phone.home.enabled", "false"),
                    Map.entry("hazelcast.logging.type", "slf4j"),
                    // The node orders its own shutdown.
                    Map.entry("hazelcast.shutdownhook.enabled", "false"),
                    // The default waits 5 s for members that are listed explicitly anyway.
                    Map.entry("hazelcast.wait.seconds.before.join", "0"),
                    // Some thousand small entries: 271 partitions would only mean more migrations.
                    Map.entry("hazelcast.partition.count", "31"),
                    Map.entry("hazelcast.io.input.thread.count", "1"),
                    Map.entry("hazelcast.io.output.thread.count", "1"),
                    Map.entry("hazelcast.operation.thread.count", "2"),
                    Map.entry("hazelcast.operation.generic.thread.count", "2"),
                    Map.entry("hazelcast.operation.response.thread.count", "1"),
                    Map.entry("hazelcast.event.thread.count", "1"),
                    Map.entry("hazelcast.health.monitoring.level", "OFF"),
                    Map.entry("hazelcast.clientengine.thread.count", "1"),
                    Map.entry("hazelcast.clientengine.query.thread.count", "1"),
                    Map.entry("hazelcast.clientengine.blocking.thread.count", "1"),
                    // Suspicion only: fencing is decided by the journal. The default is 60 s.
                    Map.entry("hazelcast.heartbeat.interval.seconds", "1"),
                    Map.entry("hazelcast.max.no.heartbeat.seconds", "10"),
                    Map.entry("hazelcast.merge.first.run.delay.seconds", "10"),
                    Map.entry("hazelcast.merge.next.run.delay.seconds", "10"),
                    Map.entry("hazelcast.socket.bind.any", "false"));

    private HazelcastSettings() {}

    /**
     * @param clusterId members of another cluster are kept away
     * @param members where others may be
     * @param port really free, since the member lists itself by it
     */
    static Config of(ClusterConfig config, String clusterId, List<PeerAddress> members, int port) {
        Config hazelcast = new Config();
        hazelcast.setClusterName("millrace " + clusterId);
        hazelcast.setInstanceName("millrace-" + config.nodeId() + "-" + port);
        PROPERTIES.forEach(hazelcast::setProperty);
        hazelcast.getMetricsConfig().setEnabled(false);
        hazelcast.getJetConfig().setEnabled(false);
        hazelcast
                .getMemberAttributeConfig()
                .setAttribute(NODE_ID, Integer.toString(config.nodeId()))
                .setAttribute(RACK, config.rack());
        network(hazelcast.getNetworkConfig(), config, members, port);
        hazelcast
                .getSerializationConfig()
                .addDataSerializableFactory(LiveTypes.FACTORY_ID, new LiveTypes());
        hazelcast.addMapConfig(map(PLACEMENT_MAP));
        hazelcast.addMapConfig(map(GROUPS_MAP));
        // What the clustered Vert.x event bus expects of the instance it is given.
        hazelcast.addMultiMapConfig(
                new MultiMapConfig("__vertx.subs")
                        .setBackupCount(1)
                        .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
        hazelcast.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(1));
        hazelcast.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(1));
        return hazelcast;
    }

    private static void network(
            NetworkConfig network, ClusterConfig config, List<PeerAddress> others, int port) {
        network.setPort(port).setPortAutoIncrement(false).setReuseAddress(true);
        network.getInterfaces().setEnabled(true).addInterface(ip(config.self().host()));
        network.setPublicAddress(config.self().host() + ":" + port);
        JoinConfig join = network.getJoin();
        join.getMulticastConfig().setEnabled(false);
        join.getAutoDetectionConfig().setEnabled(false);
        List<String> members =
                config.isAlone()
                        ? List.of(config.self().host() + ":" + port)
                        : others.stream().map(HazelcastSettings::address).toList();
        join.getTcpIpConfig().setEnabled(true).setMembers(members);
    }

    private static String ip(String host) {
        try {
            return InetAddress.getByName(host).getHostAddress();
        } catch (UnknownHostException e) {
            throw new ClusterStartException("There is no host '" + host + "' to listen on.", e);
        }
    }

    private static String address(PeerAddress peer) {
        return peer.host() + ":" + peer.hazelcastPort();
    }

    private static MapConfig map(String name) {
        return new MapConfig(name)
                .setBackupCount(1)
                .setStatisticsEnabled(false)
                .setPerEntryStatsEnabled(false);
    }
}

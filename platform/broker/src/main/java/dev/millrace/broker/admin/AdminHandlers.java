package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.broker.OfflineReplicas;
import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.broker.quota.QuotaHandlers;
import dev.millrace.cluster.Cluster;
import dev.millrace.wire.ApiTable;
import io.vertx.core.Vertx;
import org.apache.kafka.common.protocol.ApiKeys;

/** The rows of the API table for administration. */
public final class AdminHandlers {
    private AdminHandlers() {}

    /**
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException if a property that is a
     *     default of topics does not fit
     */
    public static void register(
            ApiTable.Builder table,
            Vertx vertx,
            Cluster cluster,
            BrokerConfig broker,
            OfflineReplicas offline,
            ClientQuotas quotas) {
        TopicConfigs.validateBrokerProperties(broker.properties());
        TopicHandlers topics = new TopicHandlers(cluster, broker, quotas);
        BrokerLoggers loggers = new BrokerLoggers(broker.nodeId(), LogLevels.ofThisProcess());
        DescribeConfigsHandler describeConfigs =
                new DescribeConfigsHandler(cluster, broker, loggers);
        AlterConfigsHandler alterConfigs = new AlterConfigsHandler(cluster, broker, loggers);
        ClusterHandlers shape =
                new ClusterHandlers(
                        cluster,
                        offline,
                        Integer.parseInt(
                                broker.properties()
                                        .getOrDefault("max.request.partition.size.limit", "2000")
                                        .trim()));
        FeatureHandlers features = new FeatureHandlers(cluster);
        table.features(FeatureHandlers.advertised(cluster));
        table.add(ApiKeys.CREATE_TOPICS, 2, 7, topics::create)
                .add(ApiKeys.DELETE_TOPICS, 1, 6, topics::delete)
                .add(ApiKeys.CREATE_PARTITIONS, 0, 3, topics::createPartitions)
                .add(ApiKeys.DESCRIBE_CONFIGS, 1, 4, describeConfigs::describe)
                .add(ApiKeys.ALTER_CONFIGS, 0, 2, alterConfigs::replace)
                .add(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 0, 1, alterConfigs::alterIncrementally)
                .add(ApiKeys.UPDATE_FEATURES, 0, 2, features::update)
                .add(ApiKeys.DESCRIBE_CLUSTER, 0, 2, shape::describeCluster)
                .add(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0, 0, shape::describeTopicPartitions)
                .add(ApiKeys.LIST_CONFIG_RESOURCES, 0, 1, shape::listConfigResources);
        WithoutSecurity.register(table);
        new PlacementHandlers(vertx, cluster).register(table);
        new QuorumHandlers(vertx, cluster).register(table);
        new ScramHandlers(vertx, cluster).register(table);
        QuotaHandlers.register(table, vertx, cluster);
    }
}

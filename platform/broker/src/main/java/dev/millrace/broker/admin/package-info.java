/**
 * What administrators ask for: topics, partitions, configs, producer ids, the shape of the cluster.
 * Handlers here hold no state but {@link dev.millrace.broker.admin.ProducerIds}; they check a
 * request, hand the change to the {@link dev.millrace.cluster.Cluster}, and answer from its image.
 *
 * <p>{@link dev.millrace.broker.admin.TopicConfigs} is the one table of topic settings; the broker
 * gets its {@link dev.millrace.log.LogConfig} from it.
 */
@NullMarked
package dev.millrace.broker.admin;

import org.jspecify.annotations.NullMarked;

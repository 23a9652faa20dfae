package dev.millrace.broker;

import dev.millrace.log.LogConfig;

/**
 * What the data plane needs to know of a topic's settings.
 *
 * @param minInsyncReplicas {@code min.insync.replicas}
 */
record TopicSettings(LogConfig log, int minInsyncReplicas) {}

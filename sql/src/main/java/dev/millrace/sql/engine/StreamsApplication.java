package dev.millrace.sql.engine;

import dev.millrace.sql.SqlConfig;
import dev.millrace.streams.CloseOptions;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.errors.LogAndContinueExceptionHandler;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link KafkaStreams} with the engine's settings. */
final class StreamsApplication implements QueryApplication {
    private static final Logger LOG = LoggerFactory.getLogger(StreamsApplication.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final KafkaStreams streams;
    private final String applicationId;
    private volatile @Nullable String error;

    private StreamsApplication(KafkaStreams streams, String applicationId) {
        this.streams = streams;
        this.applicationId = applicationId;
    }

    /**
     * @param instanceId the same after a restart of this engine, and of no other engine: the group
     *     then gives the application its tasks back at once, even when it was killed
     */
    static StreamsApplication start(
            SqlConfig config, String instanceId, String applicationId, Topology topology) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitIntervalMs());
        properties.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instanceId);
        properties.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG),
                config.sessionTimeoutMs());
        properties.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                LogAndContinueExceptionHandler.class);
        StreamsApplication application =
                new StreamsApplication(new KafkaStreams(topology, properties), applicationId);
        application.streams.setUncaughtExceptionHandler(
                failure -> {
                    LOG.error("application {} failed", applicationId, failure);
                    application.error = String.valueOf(failure.getMessage());
                    return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                            .SHUTDOWN_CLIENT;
                });
        application.streams.start();
        return application;
    }

    @Override
    public String state() {
        return streams.state().name();
    }

    @Override
    public @Nullable String error() {
        return error;
    }

    @Override
    public void close() {
        streams.close(CLOSE_TIMEOUT);
    }

    @Override
    public void remove() {
        boolean closed =
                streams.close(
                        CloseOptions.timeout(CLOSE_TIMEOUT)
                                .withGroupMembershipOperation(
                                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        if (closed) {
            streams.cleanUp();
        } else {
            LOG.warn("application {} is slow to stop; its local state stays", applicationId);
        }
    }
}

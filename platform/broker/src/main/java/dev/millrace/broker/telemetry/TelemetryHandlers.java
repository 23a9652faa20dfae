package dev.millrace.broker.telemetry;

import dev.millrace.wire.ApiTable;
import dev.millrace.wire.CompressedBytes;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.message.PushTelemetryResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * GetTelemetrySubscriptions 0 and PushTelemetry 0.
 *
 * @see "KIP-714: client metrics and observability"
 */
public final class TelemetryHandlers {
    private static final Logger LOG = LoggerFactory.getLogger(TelemetryHandlers.class);

    /** zstd, lz4, gzip, snappy: best first. */
    private static final List<Byte> CODECS = List.of((byte) 4, (byte) 3, (byte) 1, (byte) 2);

    private final Telemetry telemetry;
    private final ClientMetricsStore store;
    private final Function<Callable<Boolean>, Future<Boolean>> workers;

    private TelemetryHandlers(
            Telemetry telemetry,
            ClientMetricsStore store,
            Function<Callable<Boolean>, Future<Boolean>> workers) {
        this.telemetry = telemetry;
        this.store = store;
        this.workers = workers;
    }

    /**
     * @param workers run what takes a while: decompressing and reading a push
     */
    public static void register(
            ApiTable.Builder table,
            Telemetry telemetry,
            ClientMetricsStore store,
            Function<Callable<Boolean>, Future<Boolean>> workers) {
        TelemetryHandlers handlers = new TelemetryHandlers(telemetry, store, workers);
        table.add(ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS, 0, 0, handlers::get)
                .add(ApiKeys.PUSH_TELEMETRY, 0, 0, handlers::push);
    }

    private Future<GetTelemetrySubscriptionsResponseData> get(
            RequestContext context, GetTelemetrySubscriptionsRequestData request) {
        Uuid id =
                request.clientInstanceId().equals(Uuid.ZERO_UUID)
                        ? Uuid.randomUuid()
                        : request.clientInstanceId();
        Telemetry.Demand demand = telemetry.subscribe(Client.of(id, context));
        return Future.succeededFuture(
                new GetTelemetrySubscriptionsResponseData()
                        .setClientInstanceId(demand.instanceId())
                        .setSubscriptionId(demand.subscriptionId())
                        .setRequestedMetrics(demand.metrics())
                        .setAcceptedCompressionTypes(CODECS)
                        .setPushIntervalMs(demand.intervalMs())
                        .setTelemetryMaxBytes(telemetry.maxBytes())
                        .setDeltaTemporality(true));
    }

    private Future<PushTelemetryResponseData> push(
            RequestContext context, PushTelemetryRequestData request) {
        Uuid id = request.clientInstanceId();
        if (Uuid.RESERVED.contains(id)) {
            throw new InvalidRequestException(
                    "A push needs the client instance id that the subscriptions came with, got "
                            + id);
        }
        Client client = Client.of(id, context);
        ByteBuffer metrics = request.metrics();
        int bytes = metrics == null ? 0 : metrics.remaining();
        telemetry.push(
                client,
                request.subscriptionId(),
                request.terminating(),
                bytes,
                () -> CompressedBytes.requireCodec(request.compressionType()));
        if (metrics == null || bytes == 0) {
            return Future.succeededFuture(new PushTelemetryResponseData());
        }
        return workers.apply(() -> read(client, metrics, request.compressionType()))
                .map(done -> new PushTelemetryResponseData());
    }

    private boolean read(Client client, ByteBuffer metrics, int codec) {
        try {
            byte[] plain = CompressedBytes.decompress(metrics, codec, telemetry.maxBytes());
            store.put(client, OtlpReader.read(plain, ClientMetricsStore.MAX_SERIES_PER_CLIENT));
            return true;
        } catch (RuntimeException e) {
            LOG.debug("Client {} pushed metrics that cannot be read", client, e);
            telemetry.unreadable(client.instanceId());
            store.unreadable();
            throw new InvalidRecordException(
                    "The metrics of client "
                            + client.instanceId()
                            + " cannot be read: "
                            + e.getMessage());
        }
    }
}

package dev.millrace.broker.quota;

import dev.millrace.cluster.Cluster;
import dev.millrace.wire.ApiTable;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.EntryData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.ValueData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** DescribeClientQuotas 0-1, AlterClientQuotas 0-1. */
public final class QuotaHandlers {
    private final Vertx vertx;
    private final Cluster cluster;

    private QuotaHandlers(Vertx vertx, Cluster cluster) {
        this.vertx = vertx;
        this.cluster = cluster;
    }

    public static void register(ApiTable.Builder table, Vertx vertx, Cluster cluster) {
        QuotaHandlers handlers = new QuotaHandlers(vertx, cluster);
        table.add(ApiKeys.DESCRIBE_CLIENT_QUOTAS, 0, 1, handlers::describe)
                .add(ApiKeys.ALTER_CLIENT_QUOTAS, 0, 1, handlers::alter);
    }

    private Future<DescribeClientQuotasResponseData> describe(
            RequestContext context, DescribeClientQuotasRequestData request) {
        QuotaFilter filter = new QuotaFilter(request);
        List<EntryData> entries = new ArrayList<>();
        cluster.image().quotas().entrySet().stream()
                .filter(quota -> filter.matches(quota.getKey()))
                .sorted(Comparator.comparing(quota -> quota.getKey().toString()))
                .forEach(quota -> entries.add(entry(quota.getKey(), quota.getValue())));
        return Future.succeededFuture(
                new DescribeClientQuotasResponseData().setErrorMessage(null).setEntries(entries));
    }

    private static EntryData entry(ClientQuotaEntity entity, Map<String, Double> values) {
        EntryData entry = new EntryData();
        entity.entries()
                .forEach(
                        (type, name) ->
                                entry.entity()
                                        .add(
                                                new DescribeClientQuotasResponseData.EntityData()
                                                        .setEntityType(type)
                                                        .setEntityName(name)));
        new TreeMap<>(values)
                .forEach(
                        (key, value) ->
                                entry.values().add(new ValueData().setKey(key).setValue(value)));
        return entry;
    }

    private Future<AlterClientQuotasResponseData> alter(
            RequestContext context, AlterClientQuotasRequestData request) {
        Map<ClientQuotaEntity, Future<Void>> results = new LinkedHashMap<>();
        for (AlterClientQuotasRequestData.EntryData entry : request.entries()) {
            Map<String, String> names = new HashMap<>();
            for (EntityData part : entry.entity()) {
                names.put(part.entityType(), part.entityName());
            }
            ClientQuotaEntity entity = new ClientQuotaEntity(names);
            Future<Void> before = results.get(entity);
            results.put(
                    entity,
                    before == null
                            ? alterEntity(entity, entry.ops(), request.validateOnly())
                            // The first one counts, and is waited for all the same.
                            : before.transform(
                                    done ->
                                            Future.failedFuture(
                                                    new InvalidRequestException(
                                                            "Ignoring duplicate entity "
                                                                    + entity))));
        }
        return Future.join(List.copyOf(results.values()))
                .transform(done -> Future.succeededFuture(answer(results)));
    }

    private Future<Void> alterEntity(
            ClientQuotaEntity entity, List<OpData> ops, boolean validateOnly) {
        Map<String, Optional<Double>> changes = new LinkedHashMap<>();
        try {
            for (OpData op : ops) {
                Optional<Double> value = op.remove() ? Optional.empty() : Optional.of(op.value());
                if (changes.put(op.key(), value) != null) {
                    throw new InvalidRequestException(
                            "Duplicate quota key %s not updating quota for this entity %s"
                                    .formatted(op.key(), entity));
                }
            }
            QuotaRules.requireEntity(entity);
            changes.forEach(
                    (key, value) ->
                            value.ifPresent(set -> QuotaRules.requireValue(entity, key, set)));
        } catch (InvalidRequestException e) {
            return Future.failedFuture(e);
        }
        return validateOnly || changes.isEmpty()
                ? Future.succeededFuture()
                : Future.fromCompletionStage(
                        cluster.alterClientQuotas(entity, changes), vertx.getOrCreateContext());
    }

    private static AlterClientQuotasResponseData answer(
            Map<ClientQuotaEntity, Future<Void>> results) {
        AlterClientQuotasResponseData response = new AlterClientQuotasResponseData();
        results.forEach(
                (entity, result) -> {
                    AlterClientQuotasResponseData.EntryData entry =
                            new AlterClientQuotasResponseData.EntryData().setErrorMessage(null);
                    if (result.failed()) {
                        Throwable cause = result.cause();
                        entry.setErrorCode(Errors.forException(cause).code())
                                .setErrorMessage(cause.getMessage());
                    }
                    entity.entries()
                            .forEach(
                                    (type, name) ->
                                            entry.entity()
                                                    .add(
                                                            new AlterClientQuotasResponseData
                                                                            .EntityData()
                                                                    .setEntityType(type)
                                                                    .setEntityName(name)));
                    response.entries().add(entry);
                });
        return response;
    }
}

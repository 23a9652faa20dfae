package dev.millrace.broker.txn;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** DescribeTransactions and ListTransactions (KIP-664, KIP-994, KIP-1152). */
final class TxnQueryHandlers {
    /** Each id is matched in time linear to the pattern, so a bound on it bounds the whole. */
    private static final int MAX_PATTERN_CHARS = 1_000;

    private final TxnCoordinator coordinator;

    TxnQueryHandlers(TxnCoordinator coordinator) {
        this.coordinator = coordinator;
    }

    Future<DescribeTransactionsResponseData> describe(
            RequestContext context, DescribeTransactionsRequestData request) {
        List<Future<DescribeTransactionsResponseData.TransactionState>> states =
                request.transactionalIds().stream().map(this::describe).toList();
        return Future.join(states)
                .map(
                        all ->
                                new DescribeTransactionsResponseData()
                                        .setTransactionStates(
                                                states.stream().map(Future::result).toList()));
    }

    private Future<DescribeTransactionsResponseData.TransactionState> describe(String id) {
        if (id.isEmpty()) {
            return Future.succeededFuture(failed(id, Errors.INVALID_REQUEST));
        }
        return coordinator
                .onShard(
                        id,
                        shard -> Future.succeededFuture(Optional.ofNullable(shard.transaction(id))))
                .map(
                        found ->
                                found.map(TxnQueryHandlers::described)
                                        .orElseGet(
                                                () ->
                                                        failed(
                                                                id,
                                                                Errors.TRANSACTIONAL_ID_NOT_FOUND)))
                .otherwise(failure -> failed(id, Errors.forException(failure)));
    }

    private static DescribeTransactionsResponseData.TransactionState failed(
            String id, Errors error) {
        return new DescribeTransactionsResponseData.TransactionState()
                .setTransactionalId(id)
                .setErrorCode(error.code());
    }

    private static DescribeTransactionsResponseData.TransactionState described(Transaction txn) {
        DescribeTransactionsResponseData.TransactionState state =
                new DescribeTransactionsResponseData.TransactionState()
                        .setTransactionalId(txn.id())
                        .setProducerId(txn.producerId())
                        .setProducerEpoch(txn.epoch())
                        .setTransactionState(txn.state().label())
                        .setTransactionTimeoutMs(txn.timeoutMs())
                        .setTransactionStartTimeMs(txn.startMs());
        txn.partitions()
                .forEach(
                        partition -> {
                            TopicData topic = state.topics().find(partition.topic());
                            if (topic == null) {
                                topic = new TopicData().setTopic(partition.topic());
                                state.topics().add(topic);
                            }
                            topic.partitions().add(partition.partition());
                        });
        return state;
    }

    Future<ListTransactionsResponseData> list(
            RequestContext context, ListTransactionsRequestData request) {
        ListTransactionsResponseData response = new ListTransactionsResponseData();
        Set<TransactionState> states = EnumSet.noneOf(TransactionState.class);
        for (String label : request.stateFilters()) {
            TransactionState.ofLabel(label)
                    .ifPresentOrElse(states::add, () -> response.unknownStateFilters().add(label));
        }
        Predicate<Transaction> wanted =
                filter(request, states, pattern(request.transactionalIdPattern()));
        return coordinator
                .onAllShards(shard -> Future.succeededFuture(listed(shard, wanted)))
                .map(
                        lists -> {
                            List<ListTransactionsResponseData.TransactionState> all =
                                    new ArrayList<>();
                            lists.forEach(all::addAll);
                            return response.setTransactionStates(all);
                        })
                .otherwise(
                        failure ->
                                new ListTransactionsResponseData()
                                        .setErrorCode(Errors.forException(failure).code()));
    }

    private static @Nullable Pattern pattern(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        if (text.length() > MAX_PATTERN_CHARS) {
            throw new InvalidRegularExpression(
                    "the pattern of transactional ids has %d characters; expected at most %d"
                            .formatted(text.length(), MAX_PATTERN_CHARS));
        }
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new InvalidRegularExpression(
                    "the pattern of transactional ids is not a regular expression: "
                            + e.getMessage());
        }
    }

    private Predicate<Transaction> filter(
            ListTransactionsRequestData request,
            Set<TransactionState> states,
            @Nullable Pattern pattern) {
        Set<Long> producerIds = new HashSet<>(request.producerIdFilters());
        boolean byState = !request.stateFilters().isEmpty();
        long longerThanMs = request.durationFilter();
        long nowMs = coordinator.clockMs().getAsLong();
        return txn ->
                (producerIds.isEmpty() || producerIds.contains(txn.producerId()))
                        && (!byState || states.contains(txn.state()))
                        && (longerThanMs < 0 || nowMs - txn.startMs() > longerThanMs)
                        && (pattern == null || pattern.matcher(txn.id()).matches());
    }

    private static List<ListTransactionsResponseData.TransactionState> listed(
            TxnShard shard, Predicate<Transaction> wanted) {
        return shard.transactions().stream()
                .filter(wanted)
                .map(
                        txn ->
                                new ListTransactionsResponseData.TransactionState()
                                        .setTransactionalId(txn.id())
                                        .setProducerId(txn.producerId())
                                        .setTransactionState(txn.state().label()))
                .toList();
    }
}

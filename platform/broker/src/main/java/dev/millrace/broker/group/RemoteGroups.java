package dev.millrace.broker.group;

import io.vertx.core.Future;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** The group coordinators of other brokers. Any thread. */
@FunctionalInterface
public interface RemoteGroups {
    /** For requests that another broker has passed on: they go no further. */
    RemoteGroups NONE =
            (nodeId, api, version, request) ->
                    Future.failedFuture(new NotCoordinatorException("is coordinated elsewhere"));

    /** Passes a request on; fails if there is no answer, and it may have had its effect. */
    Future<ApiMessage> ask(int nodeId, ApiKeys api, short version, ApiMessage request);
}

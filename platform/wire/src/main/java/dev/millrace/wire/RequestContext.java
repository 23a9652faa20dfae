package dev.millrace.wire;

import java.net.InetSocketAddress;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What a handler may know of a request beside its body.
 *
 * @param clientId empty if the client sent none
 * @param software what the client said it is
 * @param connectionId unique among the connections of this process
 * @param receivedNs {@link System#nanoTime} when the last byte of the frame had arrived
 */
public record RequestContext(
        ApiKeys api,
        short version,
        int correlationId,
        String clientId,
        InetSocketAddress client,
        ClientSoftware software,
        long connectionId,
        long receivedNs) {}

package dev.millrace.wire;

import java.net.InetSocketAddress;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/**
 * What a handler may know of a request beside its body.
 *
 * @param clientId empty if the client sent none
 * @param principal who the connection has authenticated as; {@code User:ANONYMOUS} on a listener
 *     without authentication
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
        KafkaPrincipal principal,
        ClientSoftware software,
        long connectionId,
        long receivedNs) {}

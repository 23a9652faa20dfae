/**
 * Stores of a Streams application over HTTP: any instance answers for any key.
 *
 * <pre>
 * GET /stores/counts/keys/tea
 *        |
 *  StoreServer -> Router -- the key is here ------> LocalReads -> KafkaStreams.store(...)
 *                    \----- it is elsewhere ------> Peers -> the instance that has it, marked as
 *                                                   forwarded: that one asks nobody else
 * </pre>
 *
 * Owns no state but counters and connections. One thread has all connections, the JDK's HTTP client
 * asks other instances: nothing else comes with the library, and a slow client holds no thread. No
 * TLS and no authentication: listen where only friends are.
 */
@NullMarked
package dev.millrace.streams.http;

import org.jspecify.annotations.NullMarked;

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
 * Owns no state but counters. The JDK's HTTP server and client do the work, so that nothing else
 * comes with the library. No TLS and no authentication: listen where only friends are.
 */
@NullMarked
package dev.millrace.streams.http;

import org.jspecify.annotations.NullMarked;

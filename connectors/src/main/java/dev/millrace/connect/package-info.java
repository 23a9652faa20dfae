/**
 * A worker for plugins written to the Kafka Connect API, and the built-in connectors.
 *
 * <pre>
 * ConnectStandalone --- Worker (1 thread) --- RunningConnector --- SourceWorkerTask (1 thread each)
 *        |                 |                                  '--- SinkWorkerTask   (1 thread each)
 *        '--- RestApi      |--- plugin: who is called what, class loaders
 *                          |--- record: converters, transformations, errors
 *                          '--- offset: source offsets in a file
 * </pre>
 *
 * Sources and sinks deliver at least once. It knows a cluster only through the Kafka protocol.
 */
@NullMarked
package dev.millrace.connect;

import org.jspecify.annotations.NullMarked;

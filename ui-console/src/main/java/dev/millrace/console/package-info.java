/**
 * The web console: a single-page app and the HTTP API behind every screen.
 *
 * <p>Owns the page under {@code src/main/web}, the routes under {@code /api} and the Kafka clients
 * behind them. It knows a cluster only through the Kafka protocol, keeps nothing on disk, and never
 * makes data up: what a screen shows was read from the cluster.
 *
 * <pre>
 * browser --GET /api/..-----> ConsoleApi --worker--> ClusterReader, RecordReader, RecordWriter
 *         &lt;-SSE /api/events-- TopicsOverview         one poller for all viewers
 *         &lt;-SSE ../tail------ RecordTail             one consumer and one thread per viewer,
 *         &lt;-SSE ../table----- TopicTable             at most ConsoleConfig.maxStreams of them
 *         --/sql, /sql/ws---> the SQL module
 * </pre>
 */
@NullMarked
package dev.millrace.console;

import org.jspecify.annotations.NullMarked;

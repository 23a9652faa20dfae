/**
 * One partition of one sub-topology at work: a tree of nodes that call each other directly.
 *
 * <pre>
 *  RecordQueue --+
 *  RecordQueue --+-- smallest timestamp --> SourceNode --> Node --> ... --> SinkNode --> RecordCollector
 *                                                           |
 *                                                        RowStore --> bytes store, changelog
 * </pre>
 *
 * A record travels as arguments (key, value, old value, timestamp), not as an object; its headers
 * and origin stay in the {@code TaskContext}. All of it belongs to one thread.
 */
@NullMarked
package dev.millrace.streams.internal.task;

import org.jspecify.annotations.NullMarked;

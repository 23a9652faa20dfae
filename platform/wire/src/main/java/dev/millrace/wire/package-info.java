/**
 * The Kafka protocol on a Netty pipeline: framing, request and response codec, the table of what we
 * advertise. The only module that touches the internals of kafka-clients; others see its generated
 * message classes, {@code Errors} and {@code ApiKeys}, and nothing more.
 *
 * <pre>
 *   socket ─► FrameReader ─► KafkaConnection ─► ApiTable ─► ApiHandler (any module)
 *              slices of       header, body,       │             │ Future
 *              the buffer      back-pressure       │ ApiVersions ▼ any thread, any order
 *   socket ◄─ ResponseEncoder ◄─ answers in the order of the requests
 *              splices {@link dev.millrace.wire.RecordBytes}
 * </pre>
 *
 * A connection belongs to one event loop. Nothing here blocks, knows a topic, or copies record
 * bytes that arrived in one piece. Buffers: the frame of a Produce request is kept until its answer
 * is there, since its records are slices of it; all other requests are copied out of their frame,
 * which is released before the handler is called.
 */
@NullMarked
package dev.millrace.wire;

import org.jspecify.annotations.NullMarked;

/**
 * The Kafka protocol on a Netty pipeline: framing, request and response codec, the table of what we
 * advertise. The only module that touches the internals of kafka-clients; others see its generated
 * message classes, {@code Errors} and {@code ApiKeys}, and nothing more.
 */
@NullMarked
package dev.millrace.wire;

import org.jspecify.annotations.NullMarked;

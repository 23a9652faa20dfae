/**
 * Metrics that clients push (KIP-714): which client is asked for which, what it pushed, and its
 * latest values in Prometheus' text format.
 *
 * <pre>
 *   GetTelemetrySubscriptions ─┐                        ┌─ Subscription (configs CLIENT_METRICS)
 *                              ├─ TelemetryHandlers ─ Telemetry ─ ClientInstance
 *   PushTelemetry ─────────────┘        │ on a worker
 *                                       └─ OtlpReader ─ ClientMetricsStore ─ GET /metrics
 * </pre>
 */
@NullMarked
package dev.millrace.broker.telemetry;

import org.jspecify.annotations.NullMarked;

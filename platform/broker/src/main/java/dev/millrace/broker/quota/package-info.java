/**
 * Client quotas: what users, client ids and IPs may use of this broker, and how long they wait when
 * they use more.
 *
 * <pre>
 *   image ─► ClientQuotas.update ─► QuotaLimits (immutable, 8 levels)
 *                                        │ resolved once per client
 *   answers ─► ClientQuotas ─► QuotaMeter (one per entity, shared by its clients) ─► throttle time
 *                                                     muted by dev.millrace.wire ◄───────┘
 * </pre>
 *
 * Quotas are of the node, connections of several event loops: a meter is guarded by its own lock,
 * held for a few additions. While no quota is set nothing here is touched but one volatile field.
 */
@NullMarked
package dev.millrace.broker.quota;

import org.jspecify.annotations.NullMarked;

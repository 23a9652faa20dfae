/**
 * Which member of a consumer group gets which partitions, when the server assigns (KIP-848).
 *
 * <p>Pure functions from subscriptions and what members have now to what they shall have. Members
 * come in an order that the caller keeps; ties are broken by it, so that the same group is always
 * assigned the same way.
 */
@NullMarked
package dev.millrace.broker.group.assignor;

import org.jspecify.annotations.NullMarked;

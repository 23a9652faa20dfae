package dev.millrace.chaos.fault;

import java.util.List;

/**
 * Faults that begin together (the second somewhat later) and are healed together.
 *
 * @param secondAfterMs when the second fault begins, after the first
 * @param lastsMs from the first fault to the healing
 * @param calmMs quiet time after the cluster is whole again
 */
public record Episode(List<Fault> faults, int secondAfterMs, int lastsMs, int calmMs) {}

package dev.millrace.broker.simulation;

/** An invariant does not hold. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    private final String invariant;

    Violation(String invariant, String detail) {
        super(invariant + ": " + detail);
        this.invariant = invariant;
    }

    String invariant() {
        return invariant;
    }
}

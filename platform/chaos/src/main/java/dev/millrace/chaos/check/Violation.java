package dev.millrace.chaos.check;

/**
 * Something that must not be.
 *
 * @param rule what was promised, in a few words; the same for every violation of the same promise
 * @param detail what was found instead: partition, offset, value
 */
public record Violation(String rule, String detail) {
    @Override
    public String toString() {
        return rule + ": " + detail;
    }
}

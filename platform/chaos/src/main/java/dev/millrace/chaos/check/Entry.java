package dev.millrace.chaos.check;

/** A record as it was read. */
public record Entry(long offset, String value) {

    /** The value of its copy in another topic: where it is from, and what it says. */
    public String copy() {
        return offset + "<" + value;
    }
}

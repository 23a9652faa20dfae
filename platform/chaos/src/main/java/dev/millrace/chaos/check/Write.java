package dev.millrace.chaos.check;

import org.apache.kafka.common.TopicPartition;

/**
 * One attempt of a writer outside of transactions. Its value is {@code writer/number}.
 *
 * @param number counts up over all the attempts of the writer, in the order of sending
 */
public record Write(String writer, long number, TopicPartition partition, Outcome outcome) {

    /** What the writer was told. */
    public sealed interface Outcome {}

    /**
     * The record is at this offset, whatever happens; -1: somewhere (the broker knew it for a
     * repetition, but no longer of what).
     */
    public record Acknowledged(long offset) implements Outcome {}

    /** It may be there or not, now or later: an error, or no answer. */
    public record Unknown(String error) implements Outcome {}

    public String value() {
        return writer + "/" + number;
    }
}

package dev.millrace.connect.record;

/** Where in the pipeline a record failed; the names are those in the headers of dead letters. */
public enum Stage {
    TASK_POLL,
    TRANSFORMATION,
    KEY_CONVERTER,
    VALUE_CONVERTER,
    HEADER_CONVERTER,
    KAFKA_PRODUCE,
    KAFKA_CONSUME,
    TASK_PUT
}

package dev.millrace.sql;

/**
 * A parsed statement.
 *
 * @param text as it was written
 * @param tree what the parser made of it; only the engine looks inside
 */
public record SqlStatement(String text, Object tree) {}

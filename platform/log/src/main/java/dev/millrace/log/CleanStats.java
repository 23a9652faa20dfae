package dev.millrace.log;

/**
 * What one cleaning of one log did.
 *
 * @param firstDirtyOffset where it began to look for keys
 * @param cleanedTo below: clean from now on
 * @param bytesIndexed read to learn the last offset of each key
 * @param bytesRead of the segments that were rewritten
 * @param bytesWritten to the segments that took their place
 * @param recordsRead of the segments that were rewritten
 * @param recordsWritten of those that stayed
 * @param recordsWithoutKey removed because a compacted log cannot keep them
 * @param keys distinct ones in the dirty section
 * @param mapUsed how full the map of keys was, at most the load factor
 * @param elapsedMs time it took
 */
public record CleanStats(
        long firstDirtyOffset,
        long cleanedTo,
        long bytesIndexed,
        long bytesRead,
        long bytesWritten,
        long recordsRead,
        long recordsWritten,
        long recordsWithoutKey,
        int keys,
        double mapUsed,
        long elapsedMs) {}

package dev.millrace.log;

import java.util.ArrayList;
import java.util.List;

/** Which segments a cleaner makes one of, so that a log does not end up as many small files. */
final class SegmentGroups {
    private SegmentGroups() {}

    /**
     * Consecutive segments that together fit in one by their present sizes.
     *
     * @param segments without gaps between them
     * @param endOffset where the segment after the last begins
     */
    static List<List<Segment>> of(List<Segment> segments, LogConfig config, long endOffset) {
        List<List<Segment>> groups = new ArrayList<>();
        List<Segment> group = List.of();
        long bytes = 0;
        long offsetIndexBytes = 0;
        long timeIndexBytes = 0;
        for (int i = 0; i < segments.size(); i++) {
            Segment next = segments.get(i);
            long end = i + 1 < segments.size() ? segments.get(i + 1).baseOffset : endOffset;
            bytes += next.sizeBytes();
            offsetIndexBytes += next.offsets.sizeBytes();
            timeIndexBytes += next.times.sizeBytes();
            boolean fits =
                    !group.isEmpty()
                            && bytes <= config.segmentBytes()
                            && offsetIndexBytes <= config.segmentIndexBytes()
                            && timeIndexBytes <= config.segmentIndexBytes()
                            && group.get(0).canHold(end - 1);
            if (!fits) {
                group = new ArrayList<>();
                groups.add(group);
                bytes = next.sizeBytes();
                offsetIndexBytes = next.offsets.sizeBytes();
                timeIndexBytes = next.times.sizeBytes();
            }
            group.add(next);
        }
        return groups;
    }
}

package dev.millrace.broker;

import dev.millrace.log.disk.Disk;
import java.nio.file.Path;
import java.util.List;

/** {@link EpochFiles} of one directory, for tests in other packages. */
public final class StartMark {
    private final EpochFiles files;

    /**
     * @param bootId changes when the system starts
     */
    public StartMark(Disk disk, Path directory, String bootId) {
        files = new EpochFiles(disk, List.of(directory), bootId);
    }

    /** The epoch whose records are all there; -1 if some may be missing. */
    public long previous() {
        return files.previous();
    }

    public void running(long brokerEpoch) {
        files.running(brokerEpoch);
    }

    public void lost() {
        files.lost();
    }

    public void stopped() {
        files.stopped();
    }
}

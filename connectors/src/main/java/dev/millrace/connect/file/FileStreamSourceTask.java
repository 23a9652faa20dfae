package dev.millrace.connect.file;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a file as {@code tail -F} does from its first byte on. A line becomes a record once its
 * end has been written.
 *
 * <pre>
 * source partition  {"filename": "/path/of/the/file"}
 * source offset     {"position": bytes before the next line}
 * </pre>
 *
 * A file that is not there yet is waited for. A file that is shorter than the position has been
 * replaced, and is read from its beginning.
 */
public final class FileStreamSourceTask extends SourceTask {
    private static final Logger log = LoggerFactory.getLogger(FileStreamSourceTask.class);
    private static final long WAIT_MS = 250;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private LineReader lines = new LineReader();
    private String topic = "";
    private int batchSize;
    private @Nullable String filename;
    private @Nullable FileChannel channel;
    private @Nullable InputStream in;
    private long position;
    private boolean missingReported;

    @Override
    public String version() {
        return FileStreams.VERSION;
    }

    @Override
    public void start(Map<String, String> props) {
        AbstractConfig config = new AbstractConfig(FileStreamSourceConnector.CONFIG, props, false);
        filename = config.getString(FileStreamSourceConnector.FILE);
        topic = config.getString(FileStreamSourceConnector.TOPIC);
        batchSize = config.getInt(FileStreamSourceConnector.BATCH_SIZE);
        if (filename == null) {
            in = new FileInputStream(FileDescriptor.in);
            return;
        }
        Map<String, Object> offset =
                context.offsetStorageReader().offset(Map.of("filename", filename));
        Object stored = offset == null ? null : offset.get("position");
        if (stored == null) {
            position = 0;
        } else if (stored instanceof Number number) {
            position = number.longValue();
        } else {
            throw new ConnectException(
                    "offset of " + filename + ": expected a number as position, got " + stored);
        }
    }

    @Override
    public @Nullable List<SourceRecord> poll() throws InterruptedException {
        try {
            InputStream from = open();
            if (from == null) {
                stopped.await(WAIT_MS, TimeUnit.MILLISECONDS);
                return null;
            }
            List<SourceRecord> records = new ArrayList<>();
            takeLines(records);
            while (records.size() < batchSize && available(from) && lines.fill(from)) {
                takeLines(records);
            }
            if (records.isEmpty()) {
                reopenIfReplaced();
                stopped.await(WAIT_MS, TimeUnit.MILLISECONDS);
                return null;
            }
            return records;
        } catch (IOException e) {
            throw new ConnectException("cannot read " + name() + ": " + e.getMessage(), e);
        }
    }

    private void takeLines(List<SourceRecord> records) {
        while (records.size() < batchSize) {
            String line = lines.next();
            if (line == null) {
                return;
            }
            position += lines.lastBytes();
            records.add(
                    new SourceRecord(
                            filename == null ? null : Map.of("filename", filename),
                            filename == null ? null : Map.of("position", position),
                            topic,
                            null,
                            null,
                            null,
                            Schema.STRING_SCHEMA,
                            line,
                            System.currentTimeMillis()));
        }
    }

    /** Standard input must not be waited for in a read, or the task could not stop. */
    private boolean available(InputStream from) throws IOException {
        return channel != null || from.available() > 0;
    }

    private @Nullable InputStream open() throws IOException {
        if (in != null || filename == null) {
            return in;
        }
        try {
            FileChannel opened = FileChannel.open(Path.of(filename), StandardOpenOption.READ);
            channel = opened;
            if (opened.size() < position) {
                log.warn(
                        "{} has {} bytes, fewer than the {} that were read: it was replaced, reading it"
                                + " from its beginning",
                        filename,
                        opened.size(),
                        position);
                position = 0;
            }
            opened.position(position);
            in = Channels.newInputStream(opened);
            missingReported = false;
        } catch (NoSuchFileException e) {
            if (!missingReported) {
                log.warn("{} is not there yet, waiting for it", filename);
                missingReported = true;
            }
        }
        return in;
    }

    private void reopenIfReplaced() throws IOException {
        if (channel != null && channel.size() < position) {
            close();
            lines = new LineReader();
        }
    }

    private String name() {
        return filename == null ? "standard input" : filename;
    }

    private void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
            in = null;
        }
    }

    @Override
    public void stop() {
        stopped.countDown();
        try {
            close();
        } catch (IOException e) {
            log.warn("{} not closed", name(), e);
        }
    }
}

package dev.millrace.connect.file;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;

/**
 * Appends the text of each value, and a line feed. Offsets are committed only after the file has
 * been forced to disk, so each record is in the file at least once.
 */
public final class FileStreamSinkTask extends SinkTask {
    private @Nullable String filename;
    private @Nullable FileChannel channel;
    private @Nullable OutputStream out;

    @Override
    public String version() {
        return FileStreams.VERSION;
    }

    @Override
    public void start(Map<String, String> props) {
        filename =
                new AbstractConfig(FileStreamSinkConnector.CONFIG, props, false)
                        .getString(FileStreamSinkConnector.FILE);
        try {
            if (filename == null) {
                out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
            } else {
                channel =
                        FileChannel.open(
                                Path.of(filename),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.APPEND);
                out = new BufferedOutputStream(Channels.newOutputStream(channel));
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (out == null || records.isEmpty()) {
            return;
        }
        try {
            for (SinkRecord record : records) {
                out.write(String.valueOf(record.value()).getBytes(StandardCharsets.UTF_8));
                out.write('\n');
            }
            out.flush(); // so that whoever watches the file sees the lines now
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void flush(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            if (channel != null) {
                channel.force(false);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void stop() {
        try {
            if (out != null) {
                out.flush();
            }
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private ConnectException failed(IOException e) {
        return new ConnectException(
                "cannot write " + (filename == null ? "standard output" : filename) + ": " + e, e);
    }
}

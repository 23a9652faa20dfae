package dev.millrace.connect.file;

import java.util.Objects;

/** What the two connectors have in common. */
final class FileStreams {
    static final String VERSION =
            Objects.requireNonNullElse(
                    FileStreams.class.getPackage().getImplementationVersion(), "0.1.0");

    private FileStreams() {}
}

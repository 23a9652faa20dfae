package dev.millrace.streams.processor;

import java.io.IOException;

/** Called with each commit of a task: what a store of your own buffers must be written by then. */
@FunctionalInterface
public interface CommitCallback {
    void onCommit() throws IOException;
}

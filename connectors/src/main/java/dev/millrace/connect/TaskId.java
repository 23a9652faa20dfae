package dev.millrace.connect;

/** A task of a connector; tasks are numbered from 0. */
record TaskId(String connector, int task) {
    @Override
    public String toString() {
        return connector + "-" + task;
    }
}

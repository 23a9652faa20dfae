package dev.millrace.streams.http;

/**
 * What goes back over HTTP.
 *
 * @param body JSON
 * @param stale whether a standby said it, which may lag behind
 */
record Answer(int status, String body, boolean stale) {
    static Answer ok(String body, boolean stale) {
        return new Answer(200, body, stale);
    }

    boolean isUnavailable() {
        return status == 503;
    }
}

package dev.millrace.connect;

import java.util.List;
import java.util.Map;

/**
 * A connector as it was when somebody asked.
 *
 * @param type source or sink
 * @param tasks by task number
 */
record ConnectorView(
        String name,
        String type,
        Map<String, String> settings,
        Status status,
        List<Status> tasks,
        List<Map<String, String>> taskSettings) {}

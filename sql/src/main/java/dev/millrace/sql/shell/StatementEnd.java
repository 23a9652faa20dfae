package dev.millrace.sql.shell;

/** Where a statement ends: at a semicolon outside quotes and comments. */
final class StatementEnd {
    private StatementEnd() {}

    /** Index after the first statement's semicolon, or -1 if it goes on. */
    static int find(String text) {
        char inside = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inside == 0) {
                if (c == ';') {
                    return i + 1;
                }
                if (c == '\'' || c == '"' || c == '`') {
                    inside = c;
                } else if (text.startsWith("--", i)) {
                    inside = '\n';
                } else if (text.startsWith("/*", i)) {
                    inside = '/';
                    i++;
                }
            } else if (inside == '/') {
                if (text.startsWith("*/", i)) {
                    inside = 0;
                    i++;
                }
            } else if (c == inside) {
                inside = 0;
            }
        }
        return -1;
    }

    /** Whether everything in the text is ended. */
    static boolean complete(String text) {
        int end = find(text);
        if (end < 0) {
            return text.isBlank();
        }
        return complete(text.substring(end));
    }
}

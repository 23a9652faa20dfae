package dev.millrace.sql.expr;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** LIKE patterns: {@code %} any text, {@code _} one character. */
final class Like {
    private Like() {}

    /** The fixed text before a single trailing {@code %}, or null if the pattern is no such. */
    static @Nullable String prefix(String like) {
        int first = like.indexOf('%');
        boolean simple = first == like.length() - 1 && like.indexOf('_') < 0 && first >= 0;
        return simple ? like.substring(0, first) : null;
    }

    static Pattern pattern(String like, @Nullable String escape, boolean ignoreCase) {
        StringBuilder regex = new StringBuilder();
        int escapeChar = escape == null || escape.isEmpty() ? -1 : escape.charAt(0);
        for (int i = 0; i < like.length(); i++) {
            char c = like.charAt(i);
            if (c == escapeChar && i + 1 < like.length()) {
                i++;
                regex.append(Pattern.quote(String.valueOf(like.charAt(i))));
            } else if (c == '%') {
                regex.append(".*");
            } else if (c == '_') {
                regex.append('.');
            } else if (Character.isLetterOrDigit(c) || c == ' ') {
                regex.append(c);
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        int flags = Pattern.DOTALL;
        if (ignoreCase) {
            flags |= Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE;
        }
        return Pattern.compile(regex.toString(), flags);
    }
}

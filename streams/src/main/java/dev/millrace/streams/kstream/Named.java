package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** The name of an operator in {@link dev.millrace.streams.Topology#describe()}. */
public class Named {
    private static final int MAX_NAME_LENGTH = 249;

    /** A name generated from the operator's kind and its number. */
    static final Named GENERATED = new Named(null);

    private final @Nullable String name;

    private Named(@Nullable String name) {
        this.name = name;
    }

    /**
     * @param name 1 to 249 of {@code [a-zA-Z0-9._-]}, for internal topics may be derived from it
     * @throws dev.millrace.streams.errors.TopologyException for another one
     */
    public static Named as(String name) {
        return new Named(validate(name));
    }

    public Named withName(String name) {
        return as(name);
    }

    /** The given name, null when it is to be generated. */
    public @Nullable String name() {
        return name;
    }

    static String validate(String name) {
        if (name.isEmpty()) {
            throw new dev.millrace.streams.errors.TopologyException(
                    "Name is illegal, it can't be empty");
        }
        if (name.equals(".") || name.equals("..")) {
            throw new dev.millrace.streams.errors.TopologyException(
                    "Name cannot be \".\" or \"..\"");
        }
        if (name.length() > MAX_NAME_LENGTH) {
            throw new dev.millrace.streams.errors.TopologyException(
                    "Name is illegal, it can't be longer than "
                            + MAX_NAME_LENGTH
                            + " characters, name: "
                            + name);
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean legal =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '.'
                            || c == '_'
                            || c == '-';
            if (!legal) {
                throw new dev.millrace.streams.errors.TopologyException(
                        "Name \""
                                + name
                                + "\" is illegal, it contains a character other than "
                                + "ASCII alphanumerics, '.', '_' and '-'");
            }
        }
        return name;
    }
}

package dev.millrace.sql.plan;

import dev.millrace.sql.catalog.Relation;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The relations that a statement may name. */
public interface Relations {
    /**
     * The relation that a name in FROM means: the one called exactly so, else the only one called
     * so ignoring case.
     */
    @Nullable Relation find(String name);

    /** All names, to suggest one when there is no such relation. */
    Collection<String> names();
}

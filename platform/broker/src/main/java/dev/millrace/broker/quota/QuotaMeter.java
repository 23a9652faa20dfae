package dev.millrace.broker.quota;

/** What the clients of one entity have used lately of one kind. Any thread. */
interface QuotaMeter {
    /** A quota was changed; what has been used stays. */
    void limit(double perSecond);

    /** When it was last used. */
    long lastUsedMs();
}

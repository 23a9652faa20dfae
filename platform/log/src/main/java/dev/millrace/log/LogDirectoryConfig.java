package dev.millrace.log;

/**
 * What holds for all logs of one entry of {@code log.dirs}.
 *
 * @param clusterId written into {@code meta.properties}; a directory of another cluster is refused
 * @param nodeId likewise
 * @param producerIdExpirationMs {@code producer.id.expiration.ms}
 * @param recoveryThreads {@code num.recovery.threads.per.data.dir}
 * @param tailCacheBytesPerLog recently appended bytes kept in memory for each log, at most
 * @param tailCacheBytes the same for all logs of the directory together, at most
 * @param fileRegionMinBytes reads of at least this size are answered with a file region
 */
public record LogDirectoryConfig(
        String clusterId,
        int nodeId,
        long producerIdExpirationMs,
        int recoveryThreads,
        int tailCacheBytesPerLog,
        long tailCacheBytes,
        int fileRegionMinBytes) {

    public static LogDirectoryConfig of(String clusterId, int nodeId) {
        return new LogDirectoryConfig(
                clusterId, nodeId, 86_400_000L, 2, 2 << 20, 64L << 20, 128 << 10);
    }
}

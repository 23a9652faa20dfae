package dev.millrace.broker;

import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/**
 * What a client may do, as the bit fields of Metadata and the Describe APIs: bit n is the operation
 * with code n. Without access control everybody may do everything.
 */
public final class AuthorizedOperations {
    public static final int CLUSTER =
            bits(
                    Set.of(
                            AclOperation.CREATE,
                            AclOperation.CLUSTER_ACTION,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS,
                            AclOperation.IDEMPOTENT_WRITE,
                            AclOperation.ALTER,
                            AclOperation.DESCRIBE));

    public static final int TOPIC =
            bits(
                    Set.of(
                            AclOperation.READ,
                            AclOperation.WRITE,
                            AclOperation.CREATE,
                            AclOperation.DESCRIBE,
                            AclOperation.DELETE,
                            AclOperation.ALTER,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS));

    public static final int GROUP =
            bits(
                    Set.of(
                            AclOperation.READ,
                            AclOperation.DELETE,
                            AclOperation.DESCRIBE,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS));

    private AuthorizedOperations() {}

    private static int bits(Set<AclOperation> operations) {
        return operations.stream().mapToInt(operation -> 1 << operation.code()).sum();
    }
}

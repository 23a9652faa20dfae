package dev.millrace.broker.admin;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.wire.ApiTable;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.DuplicateResourceException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.UnacceptableCredentialException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData.ScramCredentialDeletion;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData.ScramCredentialUpsertion;
import org.apache.kafka.common.message.AlterUserScramCredentialsResponseData;
import org.apache.kafka.common.message.AlterUserScramCredentialsResponseData.AlterUserScramCredentialsResult;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.CredentialInfo;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.DescribeUserScramCredentialsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeUserScramCredentials 0, AlterUserScramCredentials 0. The salted password that a client
 * sends goes no further than the keys that are derived from it (RFC 5802), and into no log.
 */
final class ScramHandlers {
    private static final int MIN_ITERATIONS = 4_096;
    private static final int MAX_ITERATIONS = 16_384;

    private final Vertx vertx;
    private final Cluster cluster;

    ScramHandlers(Vertx vertx, Cluster cluster) {
        this.vertx = vertx;
        this.cluster = cluster;
    }

    void register(ApiTable.Builder table) {
        table.add(ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, 0, this::describe)
                .add(ApiKeys.ALTER_USER_SCRAM_CREDENTIALS, 0, 0, this::alter);
    }

    // ---- describe

    private Future<DescribeUserScramCredentialsResponseData> describe(
            RequestContext context, DescribeUserScramCredentialsRequestData request) {
        Map<String, Map<ScramMechanism, ScramCredential>> known =
                cluster.image().scramCredentials();
        Map<String, Integer> times = new LinkedHashMap<>();
        if (request.users() == null || request.users().isEmpty()) {
            new TreeMap<>(known).keySet().forEach(user -> times.put(user, 1));
        } else {
            request.users().forEach(user -> times.merge(user.name(), 1, Integer::sum));
        }
        DescribeUserScramCredentialsResponseData response =
                new DescribeUserScramCredentialsResponseData();
        times.forEach(
                (user, count) ->
                        response.results()
                                .add(
                                        describeUser(
                                                user, count, known.getOrDefault(user, Map.of()))));
        return Future.succeededFuture(response);
    }

    private static DescribeUserScramCredentialsResult describeUser(
            String user, int times, Map<ScramMechanism, ScramCredential> credentials) {
        DescribeUserScramCredentialsResult result =
                new DescribeUserScramCredentialsResult().setUser(user);
        if (times > 1) {
            return result.setErrorCode(Errors.DUPLICATE_RESOURCE.code())
                    .setErrorMessage(
                            "Cannot describe SCRAM credentials for the same user twice in a single"
                                    + " request: "
                                    + user);
        }
        if (credentials.isEmpty()) {
            return result.setErrorCode(Errors.RESOURCE_NOT_FOUND.code())
                    .setErrorMessage(
                            "Attempt to describe a user credential that does not exist: " + user);
        }
        new TreeMap<>(credentials)
                .forEach(
                        (mechanism, credential) ->
                                result.credentialInfos()
                                        .add(
                                                new CredentialInfo()
                                                        .setMechanism(mechanism.type())
                                                        .setIterations(credential.iterations())));
        return result;
    }

    // ---- alter

    /** One user's change, or why there is none. */
    private sealed interface Change {
        record Applies(ScramMechanism mechanism, Optional<ScramCredential> credential)
                implements Change {}

        record Refused(ApiException why) implements Change {}
    }

    private Future<AlterUserScramCredentialsResponseData> alter(
            RequestContext context, AlterUserScramCredentialsRequestData request) {
        Map<String, Change> changes = new LinkedHashMap<>();
        for (ScramCredentialDeletion deletion : request.deletions()) {
            put(changes, deletion.name(), checked(() -> deletion(deletion)));
        }
        for (ScramCredentialUpsertion upsertion : request.upsertions()) {
            put(changes, upsertion.name(), checked(() -> upsertion(upsertion)));
        }
        List<Future<AlterUserScramCredentialsResult>> results = new ArrayList<>();
        changes.forEach((user, change) -> results.add(apply(user, change)));
        return Future.join(results)
                .map(
                        done ->
                                new AlterUserScramCredentialsResponseData()
                                        .setResults(results.stream().map(Future::result).toList()));
    }

    /** Whoever is named twice gets nothing of it, unless an error was found before. */
    private static void put(Map<String, Change> changes, String user, Change change) {
        Change before = changes.get(user);
        if (before == null) {
            changes.put(user, change);
        } else if (before instanceof Change.Applies) {
            changes.put(
                    user,
                    new Change.Refused(
                            new DuplicateResourceException(
                                    "A user credential cannot be altered twice in the same"
                                            + " request")));
        }
    }

    private interface Check {
        Change get();
    }

    private static Change checked(Check check) {
        try {
            return check.get();
        } catch (ApiException e) {
            return new Change.Refused(e);
        }
    }

    private Change deletion(ScramCredentialDeletion deletion) {
        ScramMechanism mechanism = mechanism(deletion.name(), deletion.mechanism());
        Map<ScramMechanism, ScramCredential> known =
                cluster.image().scramCredentials().getOrDefault(deletion.name(), Map.of());
        if (!known.containsKey(mechanism)) {
            throw new ResourceNotFoundException(
                    "Attempt to delete a user credential that does not exist");
        }
        return new Change.Applies(mechanism, Optional.empty());
    }

    private static Change upsertion(ScramCredentialUpsertion upsertion) {
        ScramMechanism mechanism = mechanism(upsertion.name(), upsertion.mechanism());
        if (upsertion.iterations() < MIN_ITERATIONS) {
            throw new UnacceptableCredentialException("Too few iterations");
        }
        if (upsertion.iterations() > MAX_ITERATIONS) {
            throw new UnacceptableCredentialException("Too many iterations");
        }
        if (upsertion.saltedPassword().length == 0) {
            throw new UnacceptableCredentialException("The salted password must not be empty");
        }
        boolean sha256 = mechanism == ScramMechanism.SCRAM_SHA_256;
        String mac = sha256 ? "HmacSHA256" : "HmacSHA512";
        byte[] clientKey = hmac(mac, upsertion.saltedPassword(), "Client Key");
        return new Change.Applies(
                mechanism,
                Optional.of(
                        new ScramCredential(
                                upsertion.salt(),
                                hash(sha256 ? "SHA-256" : "SHA-512", clientKey),
                                hmac(mac, upsertion.saltedPassword(), "Server Key"),
                                upsertion.iterations())));
    }

    private static ScramMechanism mechanism(String user, byte type) {
        if (user.isEmpty()) {
            throw new UnacceptableCredentialException("Username must not be empty");
        }
        ScramMechanism mechanism = ScramMechanism.fromType(type);
        if (mechanism == ScramMechanism.UNKNOWN) {
            throw new UnsupportedSaslMechanismException("Unknown SCRAM mechanism");
        }
        return mechanism;
    }

    private static byte[] hmac(String algorithm, byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }

    private static byte[] hash(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }

    private Future<AlterUserScramCredentialsResult> apply(String user, Change change) {
        AlterUserScramCredentialsResult result =
                new AlterUserScramCredentialsResult().setUser(user).setErrorMessage(null);
        Future<Void> done =
                change instanceof Change.Applies applies
                        ? Future.fromCompletionStage(
                                cluster.alterScramCredentials(
                                        user, Map.of(applies.mechanism(), applies.credential())),
                                vertx.getOrCreateContext())
                        : Future.failedFuture(((Change.Refused) change).why());
        return done.map(result)
                .otherwise(
                        failure -> {
                            Refusal refusal = Refusal.of(failure);
                            return result.setErrorCode(refusal.error().code())
                                    .setErrorMessage(refusal.message());
                        });
    }
}

package dev.millrace.broker.admin;

import dev.millrace.wire.ApiTable;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.message.CreateDelegationTokenRequestData;
import org.apache.kafka.common.message.CreateDelegationTokenResponseData;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.message.DescribeDelegationTokenRequestData;
import org.apache.kafka.common.message.DescribeDelegationTokenResponseData;
import org.apache.kafka.common.message.ExpireDelegationTokenRequestData;
import org.apache.kafka.common.message.ExpireDelegationTokenResponseData;
import org.apache.kafka.common.message.RenewDelegationTokenRequestData;
import org.apache.kafka.common.message.RenewDelegationTokenResponseData;
import org.apache.kafka.common.message.SaslAuthenticateRequestData;
import org.apache.kafka.common.message.SaslAuthenticateResponseData;
import org.apache.kafka.common.message.SaslHandshakeRequestData;
import org.apache.kafka.common.message.SaslHandshakeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/**
 * SASL, ACLs and delegation tokens where there is nothing of it: a PLAINTEXT listener, no
 * authorizer. Every answer is the refusal that Apache Kafka gives then, so that tools say the same.
 */
final class WithoutSecurity {
    private static final long NO_TIMESTAMP = -1;

    private WithoutSecurity() {}

    static void register(ApiTable.Builder table) {
        table.add(ApiKeys.SASL_HANDSHAKE, 0, 1, WithoutSecurity::handshake)
                .add(ApiKeys.SASL_AUTHENTICATE, 0, 2, WithoutSecurity::authenticate)
                .add(ApiKeys.DESCRIBE_ACLS, 1, 3, WithoutSecurity::describeAcls)
                .add(ApiKeys.CREATE_ACLS, 1, 3, WithoutSecurity::createAcls)
                .add(ApiKeys.DELETE_ACLS, 1, 3, WithoutSecurity::deleteAcls)
                .add(ApiKeys.CREATE_DELEGATION_TOKEN, 1, 3, WithoutSecurity::createToken)
                .add(ApiKeys.RENEW_DELEGATION_TOKEN, 1, 2, WithoutSecurity::renewToken)
                .add(ApiKeys.EXPIRE_DELEGATION_TOKEN, 1, 2, WithoutSecurity::expireToken)
                .add(ApiKeys.DESCRIBE_DELEGATION_TOKEN, 1, 3, WithoutSecurity::describeTokens);
    }

    private static Future<SaslHandshakeResponseData> handshake(
            RequestContext context, SaslHandshakeRequestData request) {
        return Future.succeededFuture(
                new SaslHandshakeResponseData()
                        .setErrorCode(Errors.ILLEGAL_SASL_STATE.code())
                        .setMechanisms(List.of()));
    }

    private static Future<SaslAuthenticateResponseData> authenticate(
            RequestContext context, SaslAuthenticateRequestData request) {
        return Future.succeededFuture(
                new SaslAuthenticateResponseData()
                        .setErrorCode(Errors.ILLEGAL_SASL_STATE.code())
                        .setErrorMessage(
                                "SaslAuthenticate request received after successful"
                                        + " authentication"));
    }

    private static Future<DescribeAclsResponseData> describeAcls(
            RequestContext context, DescribeAclsRequestData request) {
        return Future.succeededFuture(
                new DescribeAclsResponseData()
                        .setErrorCode(Errors.SECURITY_DISABLED.code())
                        .setErrorMessage("No Authorizer is configured on the broker"));
    }

    private static Future<CreateAclsResponseData> createAcls(
            RequestContext context, CreateAclsRequestData request) {
        return Future.failedFuture(new SecurityDisabledException("No Authorizer is configured."));
    }

    private static Future<DeleteAclsResponseData> deleteAcls(
            RequestContext context, DeleteAclsRequestData request) {
        return Future.failedFuture(new SecurityDisabledException("No Authorizer is configured."));
    }

    private static Future<CreateDelegationTokenResponseData> createToken(
            RequestContext context, CreateDelegationTokenRequestData request) {
        KafkaPrincipal requester = context.principal();
        String ownerType = request.ownerPrincipalType();
        String ownerName = request.ownerPrincipalName();
        KafkaPrincipal owner =
                ownerType == null || ownerName == null || ownerName.isEmpty()
                        ? requester
                        : new KafkaPrincipal(ownerType, ownerName);
        CreateDelegationTokenResponseData response =
                new CreateDelegationTokenResponseData()
                        .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code())
                        .setPrincipalType(owner.getPrincipalType())
                        .setPrincipalName(owner.getName())
                        .setIssueTimestampMs(NO_TIMESTAMP)
                        .setExpiryTimestampMs(NO_TIMESTAMP)
                        .setMaxTimestampMs(NO_TIMESTAMP);
        if (context.version() >= 3) {
            response.setTokenRequesterPrincipalType(requester.getPrincipalType())
                    .setTokenRequesterPrincipalName(requester.getName());
        }
        return Future.succeededFuture(response);
    }

    private static Future<RenewDelegationTokenResponseData> renewToken(
            RequestContext context, RenewDelegationTokenRequestData request) {
        return Future.succeededFuture(
                new RenewDelegationTokenResponseData()
                        .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code())
                        .setExpiryTimestampMs(NO_TIMESTAMP));
    }

    private static Future<ExpireDelegationTokenResponseData> expireToken(
            RequestContext context, ExpireDelegationTokenRequestData request) {
        return Future.succeededFuture(
                new ExpireDelegationTokenResponseData()
                        .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code())
                        .setExpiryTimestampMs(NO_TIMESTAMP));
    }

    private static Future<DescribeDelegationTokenResponseData> describeTokens(
            RequestContext context, DescribeDelegationTokenRequestData request) {
        return Future.succeededFuture(
                new DescribeDelegationTokenResponseData()
                        .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code()));
    }
}

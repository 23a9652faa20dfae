package dev.millrace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.SaslHandshakeResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ThrottleTimeTest {
    @ParameterizedTest
    @EnumSource(
            value = ApiMessageType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LEADER_AND_ISR", "STOP_REPLICA", "UPDATE_METADATA", "CONTROLLED_SHUTDOWN"})
    void every_response_with_the_field_gets_it(ApiMessageType api) {
        boolean known = false;
        for (Schema schema : api.responseSchemas()) {
            known |= schema != null && schema.get("throttle_time_ms") != null;
        }
        ApiMessage response = api.newResponse();

        ThrottleTime.set(response, 1234);

        if (known) {
            assertThat(response.toString()).contains("throttleTimeMs=1234");
        } else {
            assertThat(response).isEqualTo(api.newResponse());
        }
    }

    @Test
    void responses_without_it_are_left_alone() {
        for (ApiMessage response :
                List.of(new SaslHandshakeResponseData(), new DescribeQuorumResponseData())) {
            ApiMessage before = (ApiMessage) response.duplicate();
            ThrottleTime.set(response, 1);
            assertThat(response).isEqualTo(before);
        }
    }
}

package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.journal.MetadataRequest.FenceBroker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * When the journal's leader last heard of each broker; in its memory only, by a monotonic clock.
 * Whoever becomes leader gives everybody a fresh session. A pause of the leader itself (garbage
 * collection, a suspended machine) is nobody's silence: the heartbeats that came meanwhile wait
 * behind the check. One thread.
 */
final class Sessions {
    private record Heard(long brokerEpoch, long atNs) {}

    private final long timeoutNs;
    private final long maxCheckGapNs;
    private final Map<Integer, Heard> heard = new HashMap<>();
    private long checkedNs;

    /**
     * @param checkIntervalNs how often {@link #expired} is meant to be called
     */
    Sessions(long timeoutNs, long checkIntervalNs) {
        this.timeoutNs = timeoutNs;
        this.maxCheckGapNs = 4 * checkIntervalNs;
    }

    /** This node begins to lead. */
    void restart(long nowNs) {
        heard.clear();
        checkedNs = nowNs;
    }

    void heard(int nodeId, long brokerEpoch, long nowNs) {
        heard.put(nodeId, new Heard(brokerEpoch, nowNs));
    }

    /**
     * Brokers that are not fenced and were not heard for so long; called after {@link #expired}.
     */
    List<BrokerRegistration> silent(MetadataState state, long nowNs, long forNs) {
        List<BrokerRegistration> silent = new ArrayList<>();
        for (BrokerRegistration broker : state.brokers().values()) {
            Heard last = heard.get(broker.nodeId());
            if (!broker.fenced() && last != null && nowNs - last.atNs > forNs) {
                silent.add(broker);
            }
        }
        return silent;
    }

    /** Brokers to fence. One that is not known yet gets a session from now on. */
    List<FenceBroker> expired(MetadataState state, long nowNs) {
        long gapNs = nowNs - checkedNs;
        checkedNs = nowNs;
        if (gapNs > maxCheckGapNs) {
            heard.replaceAll((id, last) -> new Heard(last.brokerEpoch, last.atNs + gapNs));
        }
        heard.keySet().removeIf(id -> !state.brokers().containsKey(id));
        List<FenceBroker> expired = new ArrayList<>();
        for (BrokerRegistration broker : state.brokers().values()) {
            Heard last = heard.get(broker.nodeId());
            if (last == null || last.brokerEpoch < broker.brokerEpoch()) {
                heard(broker.nodeId(), broker.brokerEpoch(), nowNs);
            } else if (!broker.fenced() && nowNs - last.atNs > timeoutNs) {
                expired.add(new FenceBroker(broker.nodeId(), broker.brokerEpoch()));
                // Until the decision is applied; tried again in case it is not.
                heard(broker.nodeId(), broker.brokerEpoch(), nowNs - timeoutNs / 2);
            }
        }
        return expired;
    }
}

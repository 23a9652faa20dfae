package dev.millrace.broker.group;

import org.jspecify.annotations.Nullable;

/** A member of a consumer group (KIP-848); a value. */
record ConsumerMember(String memberId, MemberSubscription subscription, MemberAssignment current) {

    static ConsumerMember unheardOf(String memberId) {
        return new ConsumerMember(memberId, MemberSubscription.NONE, MemberAssignment.NONE);
    }

    ConsumerMember with(MemberSubscription next) {
        return new ConsumerMember(memberId, next, current);
    }

    ConsumerMember with(MemberAssignment next) {
        return new ConsumerMember(memberId, subscription, next);
    }

    @Nullable String instanceId() {
        return subscription.instanceId();
    }

    int epoch() {
        return current.epoch();
    }

    boolean isClassic() {
        return subscription.classic() != null;
    }

    MemberSubscription.Classic classic() {
        MemberSubscription.Classic classic = subscription.classic();
        if (classic == null) {
            throw new IllegalStateException(memberId + " does not use the classic protocol");
        }
        return classic;
    }
}

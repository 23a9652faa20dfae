package dev.millrace.cluster.journal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Which journal a directory holds, and this node's place in it; see {@link JournalDirectory}.
 *
 * @param group Raft's name of the journal
 * @param self {@link JournalPeer#id} of this node
 * @param listener HOST:PORT where this node listens for others; empty if it is alone
 * @param clusterId empty until it has been decided
 * @param votes whether this node is a voter, as far as it knows
 * @param founders HOST:PORT of the voters it was formed with; empty if this node has joined
 */
record JournalIdentity(
        UUID group,
        String self,
        String listener,
        String clusterId,
        boolean votes,
        List<String> founders) {
    /** "millrace". */
    private static final long GROUP_NAME = 0x6d696c6c72616365L;

    /** Of nodes that were alone before there was a name for each. */
    private static final UUID ALONE = new UUID(GROUP_NAME, 1);

    private static final String GROUP = "group";
    private static final String VOTERS = "voters";

    /** A journal of which this node is the only member. */
    static JournalIdentity alone(int nodeId) {
        return new JournalIdentity(
                new UUID(GROUP_NAME, UUID.randomUUID().getLeastSignificantBits()),
                JournalPeer.aloneId(nodeId),
                "",
                "",
                true,
                List.of());
    }

    /**
     * A journal that this node and others form. Those that were told of other voters are in another
     * group, and Ratis keeps them apart.
     */
    static JournalIdentity founder(JournalOptions options) {
        return new JournalIdentity(
                founded(options.voterAddresses()),
                options.self().id(),
                options.self().address(),
                "",
                true,
                options.voterAddresses());
    }

    private static UUID founded(List<String> voterAddresses) {
        String names =
                String.join(
                        ",",
                        voterAddresses.stream()
                                .map(
                                        address -> {
                                            int colon = address.lastIndexOf(':');
                                            return address.substring(0, colon)
                                                    + "-"
                                                    + address.substring(colon + 1);
                                        })
                                .sorted()
                                .toList());
        UUID hash = UUID.nameUUIDFromBytes(names.getBytes(StandardCharsets.UTF_8));
        return new UUID(GROUP_NAME, hash.getLeastSignificantBits());
    }

    /** Whether the journal was begun by this node alone. */
    boolean beganAlone() {
        return founders.isEmpty() && JournalPeer.isAloneId(self);
    }

    JournalIdentity of(String newClusterId) {
        return new JournalIdentity(group, self, listener, newClusterId, votes, founders);
    }

    JournalIdentity voting(boolean newVotes) {
        return new JournalIdentity(group, self, listener, clusterId, newVotes, founders);
    }

    JournalIdentity listeningAt(String newListener) {
        return new JournalIdentity(group, self, newListener, clusterId, votes, founders);
    }

    List<String> toLines() {
        List<String> lines = new ArrayList<>();
        lines.add(GROUP + "=" + group);
        lines.add("peer=" + self);
        lines.add("votes=" + votes);
        if (!listener.isEmpty()) {
            lines.add("listener=" + listener);
        }
        if (!founders.isEmpty()) {
            lines.add(VOTERS + "=" + String.join(",", founders));
        }
        if (!clusterId.isEmpty()) {
            lines.add("cluster.id=" + clusterId);
        }
        return lines;
    }

    /** Of a file's lines; the first versions of them named only voters, or nothing. */
    static JournalIdentity fromLines(List<String> lines, JournalOptions options) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            values.put(line.substring(0, Math.max(0, equals)), line.substring(equals + 1));
        }
        String voters = values.getOrDefault(VOTERS, "");
        List<String> founders = voters.isEmpty() ? List.of() : List.of(voters.split(",", -1));
        String group = values.get(GROUP);
        if (group == null) {
            boolean alone = founders.isEmpty();
            String listener = alone ? "" : options.self().address();
            return new JournalIdentity(
                    alone ? ALONE : founded(founders),
                    alone ? JournalPeer.aloneId(options.nodeId()) : options.self().id(),
                    listener,
                    "",
                    alone || founders.contains(listener),
                    founders);
        }
        return new JournalIdentity(
                UUID.fromString(group),
                values.getOrDefault("peer", ""),
                values.getOrDefault("listener", ""),
                values.getOrDefault("cluster.id", ""),
                Boolean.parseBoolean(values.get("votes")),
                founders);
    }
}

package dev.millrace.broker.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Carries messages between brokers, clients and the journal: late, in any order, twice, or not at
 * all. What belongs to a {@link Connection} comes once and in order, until the connection breaks.
 */
final class SimulatedNetwork {
    /** Where requests to the journal are decided. */
    static final int JOURNAL = 0;

    /** Readers and writers; always up. */
    static final int CLIENTS = -1;

    /** The oldest wait no longer when there are more. */
    private static final int MAX_MESSAGES = 300;

    private static final int MAX_DELAY_MS = 2_500;

    /** Who can be reached, and under which number it was started. */
    interface Place {
        boolean isUp();

        /** Gets its messages later. */
        boolean isPaused();

        int incarnation();
    }

    /**
     * @param dueMs it does not arrive before
     */
    private record Message(int from, int to, int incarnation, long dueMs, Runnable arrival) {}

    private record Cut(int from, int to) {}

    private final Random random;
    private final IntFunction<Place> places;
    private final List<Message> messages = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final Set<Cut> cuts = new HashSet<>();
    private final int losesOneIn;
    private final int delaysOneIn;
    private final LongSupplier clockMs;
    private boolean reliable;

    SimulatedNetwork(
            Random random, int losesOneIn, LongSupplier clockMs, IntFunction<Place> places) {
        this.clockMs = clockMs;
        this.losesOneIn = losesOneIn;
        this.delaysOneIn = random.nextBoolean() ? losesOneIn : 2 + random.nextInt(3 * losesOneIn);
        this.random = random;
        this.places = places;
    }

    /** A pair of queues; who opened it hears of its end. */
    final class Connection {
        private final int from;
        private final int to;
        private final Runnable onLost;
        private final Deque<Message> there = new ArrayDeque<>();
        private final Deque<Message> back = new ArrayDeque<>();
        private boolean open = true;

        private Connection(int from, int to, Runnable onLost) {
            this.from = from;
            this.to = to;
            this.onLost = onLost;
        }

        void request(Runnable arrival) {
            if (open) {
                there.add(message(from, to, 2, arrival));
            }
        }

        void answer(Runnable arrival) {
            if (open) {
                back.add(message(to, from, 2, arrival));
            }
        }

        boolean isOpen() {
            return open;
        }

        private void lose() {
            if (open) {
                open = false;
                connections.remove(this);
                onLost.run();
            }
        }
    }

    Connection connect(int from, int to, Runnable onLost) {
        Connection made = new Connection(from, to, onLost);
        connections.add(made);
        return made;
    }

    private Message message(int from, int to, int rarely, Runnable arrival) {
        boolean late = !reliable && random.nextInt(rarely * delaysOneIn) == 0;
        long dueMs = late ? clockMs.getAsLong() + random.nextInt(MAX_DELAY_MS) : 0;
        return new Message(from, to, places.apply(to).incarnation(), dueMs, arrival);
    }

    void send(int from, int to, Runnable arrival) {
        messages.add(message(from, to, 1, arrival));
        if (!reliable && random.nextInt(2 * losesOneIn) == 0) {
            messages.add(message(from, to, 1, arrival));
        }
        if (messages.size() > MAX_MESSAGES) {
            messages.remove(0);
        }
    }

    /** Nothing that {@code from} sends arrives at {@code to}. */
    void cut(int from, int to) {
        cuts.add(new Cut(from, to));
    }

    void heal() {
        cuts.clear();
    }

    /** Whether everything arrives, in the order in which it was sent. */
    void reliable(boolean now) {
        reliable = now;
    }

    /** The broker's process is gone, with its connections. */
    void ended(int node) {
        for (Connection connection : List.copyOf(connections)) {
            if (connection.from == node || connection.to == node) {
                connection.lose();
            }
        }
    }

    boolean isEmpty() {
        return messages.isEmpty()
                && connections.stream().allMatch(c -> c.there.isEmpty() && c.back.isEmpty());
    }

    /** One message, whichever it is. */
    void deliver() {
        List<Deque<Message>> heads = new ArrayList<>();
        List<Connection> owners = new ArrayList<>();
        for (Connection connection : connections) {
            if (!connection.there.isEmpty()) {
                heads.add(connection.there);
                owners.add(connection);
            }
            if (!connection.back.isEmpty()) {
                heads.add(connection.back);
                owners.add(connection);
            }
        }
        int choices = messages.size() + heads.size();
        if (choices == 0) {
            return;
        }
        int chosen = reliable ? 0 : random.nextInt(choices);
        if (chosen < messages.size()) {
            arrive(messages.remove(chosen));
        } else {
            int index = chosen - messages.size();
            arrive(owners.get(index), heads.get(index));
        }
    }

    private boolean isLate(Message message) {
        return !reliable && message.dueMs > clockMs.getAsLong();
    }

    private boolean isCut(Message message) {
        return cuts.contains(new Cut(message.from, message.to));
    }

    private void arrive(Message message) {
        Place place = places.apply(message.to);
        if (place.isPaused() || isLate(message)) {
            messages.add(message);
        } else if (place.isUp()
                && place.incarnation() == message.incarnation
                && !isCut(message)
                && (reliable || random.nextInt(losesOneIn) > 0)) {
            message.arrival.run();
        }
    }

    /** What is cut off or paused waits, as in a socket, and is there when that is over. */
    private void arrive(Connection connection, Deque<Message> queue) {
        Message head = queue.element();
        Place place = places.apply(head.to);
        boolean breaks = !reliable && random.nextInt(4 * losesOneIn) == 0;
        if (!place.isUp() || place.incarnation() != head.incarnation || breaks) {
            connection.lose();
        } else if (!place.isPaused() && !isCut(head) && !isLate(head)) {
            queue.remove();
            head.arrival.run();
        }
    }
}

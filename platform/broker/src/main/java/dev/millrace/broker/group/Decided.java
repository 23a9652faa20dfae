package dev.millrace.broker.group;

import java.util.List;

/**
 * What a decision came to.
 *
 * @param group the group from now on
 * @param records to append; {@code group} contains them already
 * @param answers to give once the records are appended, at once if there are none
 */
record Decided(Group group, List<GroupRecord> records, List<Answer> answers) {
    Decided {
        records = List.copyOf(records);
        answers = List.copyOf(answers);
    }

    static Decided answer(Group group, Answer answer) {
        return new Decided(group, List.of(), List.of(answer));
    }

    static Decided nothing(Group group) {
        return new Decided(group, List.of(), List.of());
    }
}

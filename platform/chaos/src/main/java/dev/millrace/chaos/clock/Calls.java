package dev.millrace.chaos.clock;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the calls of a class that ask for the time ask {@link WallClock}: only the constant pool is
 * changed, as every call goes through an entry there.
 *
 * <pre>
 *   u4 magic  u2 minor  u2 major  u2 count  entries 1 .. count-1  ...
 *
 *   Methodref (10)    u2 class ──────► Class (7)  u2 name ──► Utf8 (1) "java/lang/System"
 *                     u2 nameAndType ► NameAndType (12)  u2 name ──► Utf8 "currentTimeMillis"
 *                                                        u2 type ──► Utf8 "()J"
 * </pre>
 *
 * Two entries are added, a Utf8 and a Class of the new owner, and the Methodref is given that
 * class.
 *
 * @see "JVMS 4.4"
 */
final class Calls {
    private static final int COUNT_AT = 8;
    private static final int POOL_AT = 10;
    private static final String OWNER = "dev/millrace/chaos/clock/WallClock";

    private static final int UTF8 = 1;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int CLASS = 7;
    private static final int METHODREF = 10;
    private static final int NAME_AND_TYPE = 12;

    private final ByteBuffer file;
    private final int[] entryAt;
    private final int poolEnd;

    private Calls(byte[] classFile) {
        file = ByteBuffer.wrap(classFile);
        entryAt = new int[u2(COUNT_AT)];
        int at = POOL_AT;
        for (int i = 1; i < entryAt.length; i++) {
            entryAt[i] = at;
            int tag = file.get(at);
            at += size(tag, at);
            if (tag == LONG || tag == DOUBLE) {
                i++; // takes two numbers
            }
        }
        poolEnd = at;
    }

    /** The class with its calls redirected; null if it has none. */
    static byte @Nullable [] redirected(byte[] classFile) {
        Calls calls = new Calls(classFile.clone());
        List<Integer> found = calls.find();
        return found.isEmpty() ? null : calls.redirect(found);
    }

    private List<Integer> find() {
        List<Integer> found = new ArrayList<>();
        for (int at : entryAt) {
            if (at == 0 || file.get(at) != METHODREF) {
                continue;
            }
            String owner = utf8(u2(entryAt[u2(at + 1)] + 1));
            int nameAndType = entryAt[u2(at + 3)];
            if (file.get(nameAndType) != NAME_AND_TYPE) {
                continue;
            }
            String method = owner + "." + utf8(u2(nameAndType + 1)) + utf8(u2(nameAndType + 3));
            if (method.equals("java/lang/System.currentTimeMillis()J")
                    || method.equals("java/time/Instant.now()Ljava/time/Instant;")) {
                found.add(at);
            }
        }
        return found;
    }

    private byte[] redirect(List<Integer> methods) {
        int count = entryAt.length;
        for (int at : methods) {
            file.putShort(at + 1, (short) (count + 1));
        }
        file.putShort(COUNT_AT, (short) (count + 2));
        byte[] owner = OWNER.getBytes(StandardCharsets.UTF_8);
        ByteBuffer added = ByteBuffer.allocate(3 + owner.length + 3);
        added.put((byte) UTF8).putShort((short) owner.length).put(owner);
        added.put((byte) CLASS).putShort((short) count);
        ByteArrayOutputStream out = new ByteArrayOutputStream(file.capacity() + added.capacity());
        out.write(file.array(), 0, poolEnd);
        out.write(added.array(), 0, added.capacity());
        out.write(file.array(), poolEnd, file.capacity() - poolEnd);
        return out.toByteArray();
    }

    private int size(int tag, int at) {
        return switch (tag) {
            case UTF8 -> 3 + u2(at + 1);
            case CLASS, 8, 16, 19, 20 -> 3; // Class, String, MethodType, Module, Package
            case 15 -> 4; // MethodHandle
            case 3, 4, 9, METHODREF, 11, NAME_AND_TYPE, 17, 18 -> 5;
            case LONG, DOUBLE -> 9;
            default -> throw new IllegalArgumentException("constant pool tag " + tag);
        };
    }

    private int u2(int at) {
        return Short.toUnsignedInt(file.getShort(at));
    }

    /** Names of the methods looked for are ASCII; others may come out wrong and do not matter. */
    private String utf8(int entry) {
        int at = entryAt[entry];
        return new String(file.array(), at + 3, u2(at + 1), StandardCharsets.UTF_8);
    }
}

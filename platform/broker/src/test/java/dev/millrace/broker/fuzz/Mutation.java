package dev.millrace.broker.fuzz;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Ways to spoil a frame. */
enum Mutation {
    NONE {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            return frame;
        }
    },
    FLIPPED_BITS {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            byte[] spoilt = frame.clone();
            for (int i = random.nextInt(8); i >= 0; i--) {
                spoilt[random.nextInt(spoilt.length)] ^= (byte) (1 << random.nextInt(8));
            }
            return spoilt;
        }
    },
    TRUNCATED {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            return Arrays.copyOf(frame, random.nextInt(frame.length));
        }
    },
    LENGTHENED {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            byte[] spoilt = Arrays.copyOf(frame, frame.length + 1 + random.nextInt(64));
            for (int i = frame.length; i < spoilt.length; i++) {
                spoilt[i] = (byte) random.nextInt(256);
            }
            return spoilt;
        }
    },
    /** Counts and lengths of old versions are four bytes. */
    HUGE_COUNT {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            if (frame.length < 12) {
                return frame;
            }
            byte[] spoilt = frame.clone();
            int[] values = {Integer.MAX_VALUE, Integer.MIN_VALUE, -1, -2, 1 << 24, frame.length};
            ByteBuffer.wrap(spoilt)
                    .putInt(
                            8 + random.nextInt(frame.length - 11),
                            values[random.nextInt(values.length)]);
            return spoilt;
        }
    },
    /** In flexible versions they are varints. */
    HUGE_VARINT {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            int at = Math.min(frame.length, 8 + random.nextInt(frame.length));
            byte[] varint =
                    random.nextBoolean()
                            ? new byte[] {-1, -1, -1, -1, 7}
                            : new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, 1};
            ByteBuffer spoilt = ByteBuffer.allocate(frame.length + varint.length);
            spoilt.put(frame, 0, at).put(varint).put(frame, at, frame.length - at);
            return spoilt.array();
        }
    },
    REPEATED_PART {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            int from = random.nextInt(frame.length);
            int length = random.nextInt(frame.length - from) + 1;
            int times = 1 + random.nextInt(200);
            ByteBuffer spoilt = ByteBuffer.allocate(frame.length + length * times);
            spoilt.put(frame, 0, from);
            for (int i = 0; i <= times; i++) {
                spoilt.put(frame, from, length);
            }
            spoilt.put(frame, from + length, frame.length - from - length);
            return spoilt.array();
        }
    },
    OTHER_VERSION {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            byte[] spoilt = frame.clone();
            ByteBuffer.wrap(spoilt).putShort(2, (short) (random.nextInt(40) - 5));
            return spoilt;
        }
    },
    OTHER_API {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            byte[] spoilt = frame.clone();
            ByteBuffer.wrap(spoilt).putShort(0, (short) (random.nextInt(120) - 10));
            return spoilt;
        }
    },
    NOISE {
        @Override
        byte[] of(byte[] frame, RandomGenerator random) {
            byte[] noise = new byte[8 + random.nextInt(2000)];
            random.nextBytes(noise);
            return noise;
        }
    };

    private static final Mutation[] ALL = values();

    abstract byte[] of(byte[] frame, RandomGenerator random);

    /** Mostly gentle ones: what breaks the frame at its first bytes gets no further. */
    static Mutation any(RandomGenerator random) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> NONE;
            case 4, 5 -> FLIPPED_BITS;
            default -> ALL[random.nextInt(ALL.length)];
        };
    }
}

package dev.millrace.broker.simulation;

import java.util.ArrayList;
import java.util.List;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import org.jspecify.annotations.Nullable;

/**
 * One small change of a compiled class: a result, a field or a call has another value than it
 * should.
 *
 * @param className below {@code dev.millrace}
 * @param method all of this name, and the lambdas in them
 * @param target of the field or the called method; of neither for a result
 * @param value null, a boolean, a number, or {@link #EMPTY}
 */
record Mutation(Kind kind, String className, String method, String target, @Nullable Object value) {
    /** Of a list, or a set. */
    static final Object EMPTY = "empty";

    enum Kind {
        RESULT,
        FIELD,
        CALL
    }

    /** {@code method} does nothing but return {@code value}. */
    static Mutation result(String className, String method, @Nullable Object value) {
        return new Mutation(Kind.RESULT, className, method, "", value);
    }

    /** In {@code method}, {@code field} reads as {@code value}. */
    static Mutation field(String className, String method, String field, @Nullable Object value) {
        return new Mutation(Kind.FIELD, className, method, field, value);
    }

    /** In {@code method}, calls of {@code called} are left out, and give {@code value}. */
    static Mutation call(String className, String method, String called, @Nullable Object value) {
        return new Mutation(Kind.CALL, className, method, called, value);
    }

    String fullClassName() {
        return "dev.millrace." + className;
    }

    /**
     * @throws IllegalStateException there is nothing to change
     */
    byte[] apply(byte[] classFile) {
        ClassReader reader = new ClassReader(classFile);
        ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
        List<String> changed = new ArrayList<>();
        reader.accept(new ClassChange(writer, changed), 0);
        if (changed.isEmpty()) {
            throw new IllegalStateException("there is no such thing: " + this);
        }
        return writer.toByteArray();
    }

    private final class ClassChange extends ClassVisitor {
        private final List<String> changed;

        ClassChange(ClassVisitor next, List<String> changed) {
            super(Opcodes.ASM9, next);
            this.changed = changed;
        }

        @Override
        public @Nullable MethodVisitor visitMethod(
                int access,
                String name,
                String descriptor,
                @Nullable String signature,
                String @Nullable [] exceptions) {
            MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
            boolean lambda = name.startsWith("lambda$" + method + "$");
            if (!name.equals(method) && !lambda) {
                return next;
            }
            if (kind == Kind.RESULT && lambda) {
                return next;
            }
            if (kind == Kind.RESULT) {
                changed.add(name);
                next.visitCode();
                Type type = Type.getReturnType(descriptor);
                push(next, type);
                next.visitInsn(type.getOpcode(Opcodes.IRETURN));
                next.visitMaxs(0, 0);
                next.visitEnd();
                return null;
            }
            return new MethodChange(next, changed);
        }
    }

    private final class MethodChange extends MethodVisitor {
        private final List<String> changed;

        MethodChange(MethodVisitor next, List<String> changed) {
            super(Opcodes.ASM9, next);
            this.changed = changed;
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
            if (kind == Kind.FIELD && opcode == Opcodes.GETFIELD && name.equals(target)) {
                changed.add(name);
                super.visitInsn(Opcodes.POP);
                push(mv, Type.getType(descriptor));
            } else {
                super.visitFieldInsn(opcode, owner, name, descriptor);
            }
        }

        @Override
        public void visitMethodInsn(
                int opcode, String owner, String name, String descriptor, boolean ofInterface) {
            if (kind != Kind.CALL || !name.equals(target)) {
                super.visitMethodInsn(opcode, owner, name, descriptor, ofInterface);
                return;
            }
            changed.add(name);
            Type[] arguments = Type.getArgumentTypes(descriptor);
            for (int i = arguments.length - 1; i >= 0; i--) {
                super.visitInsn(arguments[i].getSize() == 2 ? Opcodes.POP2 : Opcodes.POP);
            }
            if (opcode != Opcodes.INVOKESTATIC) {
                super.visitInsn(Opcodes.POP);
            }
            push(mv, Type.getReturnType(descriptor));
        }
    }

    private void push(MethodVisitor out, Type type) {
        if (type.getSort() == Type.VOID) {
            return;
        }
        if (value == null) {
            out.visitInsn(Opcodes.ACONST_NULL);
        } else if (value.equals(EMPTY)) {
            out.visitMethodInsn(
                    Opcodes.INVOKESTATIC,
                    type.getInternalName(),
                    "of",
                    "()" + type.getDescriptor(),
                    true);
        } else if (value instanceof Boolean flag) {
            out.visitInsn(flag ? Opcodes.ICONST_1 : Opcodes.ICONST_0);
        } else {
            out.visitLdcInsn(value);
        }
    }
}

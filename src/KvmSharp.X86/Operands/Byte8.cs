using System.Runtime.CompilerServices;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>8 bits. The number of a register may have <see cref="Register.HighByte"/> set.</summary>
readonly struct Byte8 : IOperandSize
{
    public static int Bits => 8;

    public static ulong Truncate(ulong value) => (byte)value;

    public static long SignExtend(ulong value) => (sbyte)value;

    public static ulong RotateLeft(ulong value, int count) => byte.RotateLeft((byte)value, count);

    public static ulong RotateRight(ulong value, int count) => byte.RotateRight((byte)value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extract(ulong whole, int register) => (byte)(whole >> ShiftOf(register));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Insert(ulong whole, int register, ulong value) =>
        (whole & ~((ulong)byte.MaxValue << ShiftOf(register))) | ((ulong)(byte)value << ShiftOf(register));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref Registers registers, int register) =>
        Extract(registers[register & (Register.General - 1)], register);

    public static void Write(ref Registers registers, int register, ulong value)
    {
        ref ulong whole = ref registers[register & (Register.General - 1)];
        whole = Insert(whole, register, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoad(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoad(linear, sizeof(byte), out byte loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadForUpdate(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoadForUpdate(linear, sizeof(byte), out byte loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryStore(Cpu cpu, ulong linear, ulong value) => cpu.TryStore(linear, sizeof(byte), (byte)value);

    public static bool TryCompareExchange(Cpu cpu, ulong linear, ulong value, ulong comparand, out ulong original)
    {
        bool done = cpu.TryCompareExchange(linear, sizeof(byte), (byte)value, (byte)comparand, out byte seen);
        original = seen;
        return done;
    }

    // 8 for AH, CH, DH and BH.
    static int ShiftOf(int register) => (register & Register.HighByte) >> 2;
}

using System.Runtime.CompilerServices;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>8 bits. The number of a register may have <see cref="Register.HighByte"/> set.</summary>
readonly struct Byte8 : IOperandSize
{
    public static int Bits => 8;

    public static ulong Truncate(ulong value) => (byte)value;

    public static long SignExtend(ulong value) => (sbyte)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref Registers registers, int register) =>
        (byte)(registers[register & (Register.General - 1)] >> ShiftOf(register));

    public static void Write(ref Registers registers, int register, ulong value)
    {
        int shift = ShiftOf(register);
        ref ulong whole = ref registers[register & (Register.General - 1)];
        whole = (whole & ~((ulong)byte.MaxValue << shift)) | ((ulong)(byte)value << shift);
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

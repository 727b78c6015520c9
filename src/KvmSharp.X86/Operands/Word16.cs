using System.Runtime.CompilerServices;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>16 bits.</summary>
readonly struct Word16 : IOperandSize
{
    public static int Bits => 16;

    public static ulong Truncate(ulong value) => (ushort)value;

    public static long SignExtend(ulong value) => (short)value;

    public static ulong RotateLeft(ulong value, int count) => ushort.RotateLeft((ushort)value, count);

    public static ulong RotateRight(ulong value, int count) => ushort.RotateRight((ushort)value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extract(ulong whole, int register) => (ushort)whole;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Insert(ulong whole, int register, ulong value) => (whole & ~(ulong)ushort.MaxValue) | (ushort)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref Registers registers, int register) =>
        Extract(registers[register & Register.Mask], register);

    public static void Write(ref Registers registers, int register, ulong value)
    {
        ref ulong whole = ref registers[register & Register.Mask];
        whole = Insert(whole, register, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoad(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoad(linear, sizeof(ushort), out ushort loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadForUpdate(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoadForUpdate(linear, sizeof(ushort), out ushort loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryStore(Cpu cpu, ulong linear, ulong value) => cpu.TryStore(linear, sizeof(ushort), (ushort)value);

    public static bool TryCompareExchange(Cpu cpu, ulong linear, ulong value, ulong comparand, out ulong original)
    {
        bool done = cpu.TryCompareExchange(linear, sizeof(ushort), (ushort)value, (ushort)comparand, out ushort seen);
        original = seen;
        return done;
    }
}

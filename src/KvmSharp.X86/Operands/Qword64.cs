using System.Numerics;
using System.Runtime.CompilerServices;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>64 bits.</summary>
readonly struct Qword64 : IOperandSize
{
    public static int Bits => 64;

    public static ulong Truncate(ulong value) => value;

    public static long SignExtend(ulong value) => (long)value;

    public static ulong RotateLeft(ulong value, int count) => BitOperations.RotateLeft(value, count);

    public static ulong RotateRight(ulong value, int count) => BitOperations.RotateRight(value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extract(ulong whole, int register) => whole;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Insert(ulong whole, int register, ulong value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref Registers registers, int register) => registers[register & Register.Mask];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref Registers registers, int register, ulong value) =>
        registers[register & Register.Mask] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoad(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoad(linear, sizeof(ulong), out ulong loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadForUpdate(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoadForUpdate(linear, sizeof(ulong), out ulong loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryStore(Cpu cpu, ulong linear, ulong value) => cpu.TryStore(linear, sizeof(ulong), value);

    public static bool TryCompareExchange(Cpu cpu, ulong linear, ulong value, ulong comparand, out ulong original)
    {
        bool done = cpu.TryCompareExchange(linear, sizeof(ulong), value, comparand, out ulong seen);
        original = seen;
        return done;
    }
}

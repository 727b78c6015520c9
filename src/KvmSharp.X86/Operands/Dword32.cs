using System.Numerics;
using System.Runtime.CompilerServices;
using KvmSharp.X86.State;

namespace KvmSharp.X86.Operands;

/// <summary>32 bits.</summary>
readonly struct Dword32 : IOperandSize
{
    public static int Bits => 32;

    public static ulong Truncate(ulong value) => (uint)value;

    public static long SignExtend(ulong value) => (int)value;

    public static ulong RotateLeft(ulong value, int count) => BitOperations.RotateLeft((uint)value, count);

    public static ulong RotateRight(ulong value, int count) => BitOperations.RotateRight((uint)value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Extract(ulong whole, int register) => (uint)whole;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Insert(ulong whole, int register, ulong value) => (uint)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ref Registers registers, int register) =>
        Extract(registers[register & Register.Mask], register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref Registers registers, int register, ulong value) =>
        registers[register & Register.Mask] = (uint)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoad(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoad(linear, sizeof(uint), out uint loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadForUpdate(Cpu cpu, ulong linear, out ulong value)
    {
        bool done = cpu.TryLoadForUpdate(linear, sizeof(uint), out uint loaded);
        value = loaded;
        return done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryStore(Cpu cpu, ulong linear, ulong value) => cpu.TryStore(linear, sizeof(uint), (uint)value);

    public static bool TryCompareExchange(Cpu cpu, ulong linear, ulong value, ulong comparand, out ulong original)
    {
        bool done = cpu.TryCompareExchange(linear, sizeof(uint), (uint)value, (uint)comparand, out uint seen);
        original = seen;
        return done;
    }
}

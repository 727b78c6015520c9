using System.Runtime.CompilerServices;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>Makes an element of the 64 bytes that a slot had in 2012.</summary>
[InlineArray(Words)]
struct KernelFields2012 : IKernelFields
{
    const int Words = 4;

    ulong _first;

    /// <inheritdoc/>
    public static int Size => Words * sizeof(ulong);
}

using System.Runtime.CompilerServices;

namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>Makes an element of the 88 bytes that a slot had in the last array, in 2021.</summary>
[InlineArray(Words)]
struct KernelFields2021 : IKernelFields
{
    const int Words = 7;

    ulong _first;

    /// <inheritdoc/>
    public static int Size => Words * sizeof(ulong);
}

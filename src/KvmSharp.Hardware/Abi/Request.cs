using System.Runtime.CompilerServices;

namespace KvmSharp.Hardware.Abi;

/// <summary>A request to a descriptor: its number as the kernel computes it, and its name for messages.</summary>
/// <param name="Number">
/// From the low end: 8 bits of number, 8 of type, 14 of argument size, 2 of direction as the user sees it.
/// </param>
/// <param name="Name">The kernel's name for it.</param>
readonly record struct Request(uint Number, string Name)
{
    const uint Type = 0xae;

    const int TypeShift = 8;
    const int SizeShift = TypeShift + 8;
    const int DirectionShift = SizeShift + 14;

    const uint DirectionNone = 0;
    const uint DirectionWrite = 1;
    const uint DirectionRead = 2;

    /// <summary>A request whose argument is a number, or nothing.</summary>
    internal static Request Plain(uint number, string name) => Of(DirectionNone, number, 0, name);

    /// <summary>A request that the kernel reads a structure of.</summary>
    internal static Request Write<T>(uint number, string name)
        where T : unmanaged => Of(DirectionWrite, number, Unsafe.SizeOf<T>(), name);

    /// <summary>A request that the kernel fills a structure of.</summary>
    internal static Request Read<T>(uint number, string name)
        where T : unmanaged => Of(DirectionRead, number, Unsafe.SizeOf<T>(), name);

    /// <summary>A request that the kernel reads and fills a structure of.</summary>
    internal static Request ReadWrite<T>(uint number, string name)
        where T : unmanaged => Of(DirectionRead | DirectionWrite, number, Unsafe.SizeOf<T>(), name);

    static Request Of(uint direction, uint number, int size, string name) =>
        new(direction << DirectionShift | (uint)size << SizeShift | Type << TypeShift | number, name);

    /// <summary>The kernel's name for it.</summary>
    public override string ToString() => Name;
}

using System;

namespace KvmSharp.Slots;

/// <summary>A way to keep slots, chosen when a VM is created.</summary>
/// <param name="Name">The name on the command line and in results.</param>
/// <param name="Create">Makes an empty store.</param>
public sealed record SlotStoreDesign(string Name, Func<SlotStore> Create)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

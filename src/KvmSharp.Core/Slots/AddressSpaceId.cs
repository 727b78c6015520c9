using System.Globalization;

namespace KvmSharp.Slots;

/// <summary>Which of a VM's memory maps a slot belongs to and a vCPU sees.</summary>
/// <param name="Value">0 is the normal map, 1 the map of system-management mode.</param>
public readonly record struct AddressSpaceId(byte Value)
{
    /// <summary>The map a vCPU sees in normal operation.</summary>
    public static AddressSpaceId Normal => new(0);

    /// <summary>The map a vCPU sees in system-management mode.</summary>
    public static AddressSpaceId SystemManagement => new(1);

    /// <summary>The kind and the number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"as:{Value}");
}

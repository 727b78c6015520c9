namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>What an array of slots consists of: the slots' own fields, or references to slots.</summary>
interface ISlotElement
{
    /// <summary>The number of the first guest frame.</summary>
    ulong Base { get; }

    /// <summary>The first byte of host memory.</summary>
    ulong Hva { get; }

    /// <summary>The last byte of host memory.</summary>
    ulong HvaLast { get; }

    /// <summary>The user's number for the slot.</summary>
    ushort Id { get; }

    /// <summary>The slot.</summary>
    KvmSharp.Slots.MemorySlot Slot { get; }
}

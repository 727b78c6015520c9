namespace KvmSharp.Lab.Slots.Arrays;

/// <summary>
/// What stood in an element of KVM's array besides what searches look at: the bitmap, the flags, the architecture's pointers.
/// Here these belong to the slot object and nobody looks at them in the array; but a search steps over them and a copy takes
/// them along, as KVM's did.
/// </summary>
interface IKernelFields
{
    /// <summary>Bytes.</summary>
    static abstract int Size { get; }
}

namespace KvmSharp.Buses;

/// <summary>A guest's write that raises an event: <c>struct kvm_ioeventfd</c>.</summary>
/// <param name="Address">The guest physical address, or the port. Only a write that begins here counts.</param>
/// <param name="Length">Bytes of the write: 1, 2, 4, 8, or 0 for any.</param>
/// <param name="IsPort">Whether the address is a port.</param>
/// <param name="Data">
/// What must be written; nothing for whatever is. All 64 bits are compared: a shorter write is filled up with zeros.
/// </param>
public readonly record struct WriteTrigger(ulong Address, int Length, bool IsPort, ulong? Data = null)
{
    /// <summary>Whether there could be such a write: else <see cref="KvmErrno.EINVAL"/>.</summary>
    public bool IsPossible =>
        Length is 0 or 1 or 2 or 4 or 8
        && Address <= ulong.MaxValue - (ulong)Length
        && (Length != 0 || Data is null);

    /// <summary>Whether a write could be meant by both.</summary>
    internal bool Collides(in WriteTrigger other) =>
        IsPort == other.IsPort
        && Address == other.Address
        && (Length == 0 || other.Length == 0
            || (Length == other.Length && (Data is null || other.Data is null || Data == other.Data)));
}

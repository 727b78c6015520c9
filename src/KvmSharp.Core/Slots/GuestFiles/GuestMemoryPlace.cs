namespace KvmSharp.Slots.GuestFiles;

/// <summary>Where in a file the pages of a slot begin.</summary>
/// <param name="File">A file of the slot's machine.</param>
/// <param name="Offset">Bytes from its start: whole pages.</param>
public sealed record GuestMemoryPlace(GuestMemoryFile File, ulong Offset);

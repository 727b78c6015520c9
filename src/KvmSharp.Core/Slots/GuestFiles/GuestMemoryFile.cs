using System;
using System.Threading;
using KvmSharp.HostMemory;

namespace KvmSharp.Slots.GuestFiles;

/// <summary>
/// Memory that belongs to one machine, and pages of which stand behind slots of it besides the user's memory: a
/// <c>guest_memfd</c>. It is for pages that a guest keeps to itself.
/// </summary>
/// <remarks>
/// Thread-safe. Nothing is private in a machine without <see cref="Backends.KvmCapability.MemoryAttributes"/>: its guest uses
/// the user's memory of a slot, and the file is only held for it. A slot stays as it was when its file is closed.
/// </remarks>
public abstract class GuestMemoryFile : IDisposable
{
    int _disposed;

    /// <summary>For a backend: a file that exists.</summary>
    /// <param name="slots">The slots of the machine that it belongs to.</param>
    /// <param name="size">Bytes: whole pages, at least one.</param>
    /// <param name="flags">What it was made with.</param>
    protected GuestMemoryFile(MemorySlots slots, ulong size, GuestMemoryFlags flags)
    {
        ArgumentNullException.ThrowIfNull(slots);
        Slots = slots;
        Size = size;
        Flags = flags;
    }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>What it was made with.</summary>
    public GuestMemoryFlags Flags { get; }

    /// <summary>Whether it was closed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>The slots of the machine that it belongs to.</summary>
    internal MemorySlots Slots { get; }

    /// <summary>Which of its pages are taken. Guarded by the slots lock of its machine.</summary>
    internal FileBindings Bindings { get; } = new();

    /// <summary>A place in the file, for <see cref="MemoryRegion.GuestMemory"/>.</summary>
    /// <param name="offset">Bytes from the start: whole pages.</param>
    public GuestMemoryPlace At(ulong offset) => new(this, offset);

    /// <summary>Maps all of it for the user. A slot whose host memory is this mapping has the file's pages twice.</summary>
    /// <returns>A mapping that stays when the file is closed.</returns>
    /// <exception cref="NotSupportedException">
    /// It was not made with <see cref="GuestMemoryFlags.Mmap"/> and <see cref="GuestMemoryFlags.InitShared"/>: the kernel
    /// maps the first alone too, and kills who touches it.
    /// </exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    /// <exception cref="HostMemoryException">The host refused.</exception>
    public HostMapping Map()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        const GuestMemoryFlags Needed = GuestMemoryFlags.Mmap | GuestMemoryFlags.InitShared;
        return (Flags & Needed) == Needed
            ? MapShared()
            : throw new NotSupportedException($"a guest memory file can be mapped by its user if made with {Needed}, not with {Flags}");
    }

    /// <summary>Closes the file. Slots and mappings keep what they have of it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>Maps all of it, which its flags allow.</summary>
    protected abstract HostMapping MapShared();

    /// <summary>Lets go of what is behind it. Called once.</summary>
    protected abstract void Close();
}

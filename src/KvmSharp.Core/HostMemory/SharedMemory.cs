using System;
using KvmSharp.Addresses;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.HostMemory;

/// <summary>
/// Memory that can be mapped several times, zero at first. What one mapping stores all of them see; what one discards
/// all of them read as zero. Protection belongs to each mapping alone.
/// </summary>
/// <remarks>The memory goes when the last mapping of it goes.</remarks>
public sealed class SharedMemory : HostMapping
{
    readonly SharedObject _object;

    SharedMemory(SharedObject shared, PortableView? view, Hva start)
        : base(new HvaRange(start, shared.Length), view, shared.Features, HostProtection.ReadWrite) => _object = shared;

    /// <summary>The file behind the memory, for handing to another process; none where the platform has none. It is
    /// closed when the last mapping goes.</summary>
    public SafeFileHandle? File => _object.File;

    /// <summary>Makes memory and maps it.</summary>
    /// <param name="length">Bytes; a page multiple, not zero.</param>
    /// <param name="name">A label for /proc/PID/maps; nobody finds the memory by it.</param>
    /// <exception cref="ArgumentException">The length is zero or not of whole pages.</exception>
    /// <exception cref="HostMemoryException">Linux refused.</exception>
    /// <exception cref="System.IO.IOException">Another system refused.</exception>
    public static SharedMemory Create(ulong length, string? name = null)
    {
        RequirePages(length, nameof(length));
        return OperatingSystem.IsLinux()
            ? MapFirst(SharedObject.CreateLinux(length, name ?? "kvmsharp"))
            : MapFirst(SharedObject.CreatePortable(length));
    }

    internal static SharedMemory CreatePortable(ulong length)
    {
        RequirePages(length, nameof(length));
        return MapFirst(SharedObject.CreatePortable(length));
    }

    /// <summary>Maps the same memory once more, at another address.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    /// <exception cref="HostMemoryException">Linux refused.</exception>
    public SharedMemory MapAgain()
    {
        HoldUndisposed();
        try
        {
            return Map(_object);
        }
        finally
        {
            ReleaseReference();
        }
    }

    /// <summary>Maps the same memory once more, so that what is stored there stays there.</summary>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    /// <exception cref="HostMemoryException">Linux refused.</exception>
    public CopyOnWriteMemory MapCopyOnWrite()
    {
        HoldUndisposed();
        try
        {
            return CopyOnWriteMemory.Map(_object);
        }
        finally
        {
            ReleaseReference();
        }
    }

    private protected override void DiscardHeld(HvaRange range) => _object.Discard(range.Start - Start, range);

    private protected override void DiscardInvalidated(HvaRange range) => throw new NotSupportedException();

    private protected override void Unmap(bool finalizing)
    {
        // Off the list first: an address that is still on it must be ours.
        _object.Remove(Start, finalizing);
        base.Unmap(finalizing);
    }

    static SharedMemory MapFirst(SharedObject shared)
    {
        try
        {
            return Map(shared);
        }
        catch
        {
            shared.Close();
            throw;
        }
    }

    static SharedMemory Map(SharedObject shared)
    {
        Hva start = shared.Map(out PortableView? view);
        return new SharedMemory(shared, view, start);
    }
}

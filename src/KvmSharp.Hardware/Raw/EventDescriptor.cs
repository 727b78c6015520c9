using System.Runtime.Versioning;
using KvmSharp.Hardware.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.Hardware.Raw;

/// <summary>A counter of the kernel's that one side raises and the other takes: <c>eventfd</c>.</summary>
/// <remarks>Thread-safe.</remarks>
[SupportedOSPlatform("linux")]
public sealed unsafe class EventDescriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Makes a counter of zero.</summary>
    /// <exception cref="KvmException">The host has no more descriptors.</exception>
    public EventDescriptor()
        : base(ownsHandle: true)
    {
        int descriptor = LibC.eventfd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK);
        if (descriptor < 0)
            throw new KvmException("eventfd", Call.LastErrno(), "no event descriptor");
        SetHandle(descriptor);
    }

    internal int Number => (int)handle;

    /// <summary>Takes the count: how often it was raised since it was last taken. Does not wait.</summary>
    public ulong Take()
    {
        ulong count = 0;
        // The count is all there is to read; there is nothing when it is zero.
        return LibC.read(this, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    /// <summary>Raises the count by one.</summary>
    public void Raise()
    {
        ulong one = 1;
        if (LibC.write(this, &one, sizeof(ulong)) != sizeof(ulong))
            throw new KvmException("write", Call.LastErrno(), "an event could not be raised");
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}

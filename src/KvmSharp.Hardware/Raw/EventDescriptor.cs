using System;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Threading;
using KvmSharp.Buses;
using KvmSharp.Hardware.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.Hardware.Raw;

/// <summary>An event of the kernel's: <c>eventfd</c>. The kernel itself raises it, or hears it.</summary>
/// <remarks>Thread-safe.</remarks>
[SupportedOSPlatform("linux")]
public sealed unsafe class EventDescriptor : SafeHandleMinusOneIsInvalid, IMachineEvent
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

    /// <inheritdoc/>
    public ulong Take()
    {
        ulong count = 0;
        // The count is all there is to read; there is nothing when it is zero.
        return LibC.read(this, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    /// <inheritdoc/>
    public void Raise()
    {
        ulong one = 1;
        // Refused only when the count is as high as it goes, and then it stays so.
        _ = LibC.write(this, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public bool Wait(TimeSpan timeout)
    {
        long began = Stopwatch.GetTimestamp();
        bool isHeld = false;
        try
        {
            DangerousAddRef(ref isHeld);
            while (true)
            {
                TimeSpan left = timeout - Stopwatch.GetElapsedTime(began);
                int milliseconds = timeout == Timeout.InfiniteTimeSpan
                    ? -1
                    : (int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 0, int.MaxValue);
                var wanted = new LibC.PollDescriptor { fd = (int)handle, events = LibC.POLLIN };
                int ready = LibC.poll(&wanted, 1, milliseconds);
                KvmErrno errno = ready < 0 ? Call.LastErrno() : KvmErrno.None;
                if (ready > 0)
                    return true;
                if (ready == 0 && milliseconds == 0)
                    return false;
                if (errno is not (KvmErrno.None or KvmErrno.EINTR))
                    throw new KvmException("poll", errno, "an event cannot be waited for");
            }
        }
        finally
        {
            if (isHeld)
                DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}

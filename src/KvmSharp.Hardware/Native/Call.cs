using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Hardware.Native;

/// <summary>Requests to a descriptor. Each returns the host's error code; the descriptor stays open for the call.</summary>
[SupportedOSPlatform("linux")]
static unsafe class Call
{
    /// <summary>A request whose argument is a number, or nothing.</summary>
    /// <param name="fd">Whom.</param>
    /// <param name="request">What.</param>
    /// <param name="argument">The number; or an address, for which the caller answers.</param>
    /// <param name="result">What the call returned, where it returned anything: 0 or more.</param>
    internal static KvmErrno Try(SafeHandle fd, Request request, nuint argument, out int result)
    {
        result = LibC.ioctl(fd, request.Number, argument);
        return result >= 0 ? KvmErrno.None : LastErrno();
    }

    /// <summary>A request without argument and result.</summary>
    internal static KvmErrno Try(SafeHandle fd, Request request) => Try(fd, request, 0, out _);

    /// <summary>A request that the kernel reads or fills a structure of.</summary>
    internal static KvmErrno Try<T>(SafeHandle fd, Request request, ref T argument, out int result)
        where T : unmanaged
    {
        // SAFETY: the structure is fixed for the call, and the request's own number says that it has this size.
        fixed (T* pointer = &argument)
            result = LibC.ioctl(fd, request.Number, pointer);
        return result >= 0 ? KvmErrno.None : LastErrno();
    }

    /// <summary>A request that the kernel reads or fills a structure of, and that returns nothing else.</summary>
    internal static KvmErrno Try<T>(SafeHandle fd, Request request, ref T argument)
        where T : unmanaged => Try(fd, request, ref argument, out _);

    /// <summary>A request whose structure ends in an array.</summary>
    /// <param name="fd">Whom.</param>
    /// <param name="request">What.</param>
    /// <param name="buffer">Head and array; the head says how long the array is.</param>
    /// <param name="result">What the call returned.</param>
    internal static KvmErrno TryBuffer(SafeHandle fd, Request request, Span<byte> buffer, out int result)
    {
        // SAFETY: the buffer is fixed for the call. That its head does not claim more than it holds is checked by Listing,
        // which makes all such buffers.
        fixed (byte* pointer = buffer)
            result = LibC.ioctl(fd, request.Number, pointer);
        return result >= 0 ? KvmErrno.None : LastErrno();
    }

    /// <summary>Why the last call of this thread failed. In the statement after it.</summary>
    internal static KvmErrno LastErrno() => (KvmErrno)Marshal.GetLastPInvokeError();

    /// <summary>The exception for a call that the host refused.</summary>
    internal static KvmException Refused(Request request, KvmErrno errno, string what)
    {
        Debug.Assert(errno != KvmErrno.None, "a call that went through is no refusal");
        return new KvmException(request.Name, errno, what);
    }
}

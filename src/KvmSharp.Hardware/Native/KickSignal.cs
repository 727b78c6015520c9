using System;
using System.Runtime.Versioning;

namespace KvmSharp.Hardware.Native;

/// <summary>
/// The signal that makes a running <c>KVM_RUN</c> return. It is blocked for good in every thread that runs vCPUs and let
/// through by the kernel only inside <c>KVM_RUN</c>, which then returns <c>EINTR</c> and blocks it again. So no handler is
/// installed or ever runs, and nothing but <c>KVM_RUN</c> is interrupted.
/// </summary>
/// <remarks>
/// A kick that comes too late leaves the signal pending in the thread; who sent it sees to it that it is taken away again
/// (<see cref="Take"/>), before the thread may block on it anew. The number is a real-time signal that neither the C
/// library nor .NET uses.
/// </remarks>
[SupportedOSPlatform("linux")]
static unsafe class KickSignal
{
    // SIGRTMIN is 34 and is .NET's own.
    const int Number = 40;
    const ulong Bit = 1UL << (Number - 1);

    [ThreadStatic]
    static bool _blocked;

    /// <summary>The calling thread, for <see cref="Send"/>.</summary>
    internal static nuint CurrentThread => LibC.pthread_self();

    /// <summary>Blocks the signal in the calling thread, once.</summary>
    internal static void BlockHere()
    {
        if (_blocked)
            return;
        Span<ulong> set = stackalloc ulong[LibC.SigsetBytes / sizeof(ulong)];
        set.Clear();
        set[0] = Bit;
        // SAFETY: the set is fixed for the call and as large as the C library's.
        fixed (ulong* pointer = set)
        {
            int error = LibC.pthread_sigmask(LibC.SIG_BLOCK, pointer, null);
            if (error != 0)
                throw new KvmException("pthread_sigmask", (KvmErrno)error, "the signal for kicks cannot be blocked");
        }
        _blocked = true;
    }

    /// <summary>What is to be blocked during <c>KVM_RUN</c>: everything the kernel can block, but for this signal.</summary>
    internal static ulong MaskWhileRunning => ~Bit;

    /// <summary>Sends the signal to a thread that has blocked it. The caller sees to it that the thread still exists.</summary>
    internal static void Send(nuint thread)
    {
        int error = LibC.pthread_kill(thread, Number);
        if (error != 0)
            throw new KvmException("pthread_kill", (KvmErrno)error, "a vCPU's thread cannot be signalled");
    }

    /// <summary>Takes away the signal if it is pending in the calling thread.</summary>
    internal static void Take()
    {
        Span<ulong> set = stackalloc ulong[LibC.SigsetBytes / sizeof(ulong)];
        set.Clear();
        set[0] = Bit;
        nint* now = stackalloc nint[2];
        now[0] = 0;
        now[1] = 0;
        // SAFETY: set and time are local, fixed for the call, and of the C library's size.
        fixed (ulong* pointer = set)
            _ = LibC.sigtimedwait(pointer, null, now);
    }
}

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Hardware.Native;

/// <summary>Requests whose structure is a count followed by as many entries.</summary>
[SupportedOSPlatform("linux")]
static class Listing
{
    // CPUID answers and MSR indices: more than any processor has had.
    const int FirstGuess = 256;
    const int Most = 1 << 16;

    /// <summary>Fetches a list of which only the kernel knows the length.</summary>
    /// <param name="fd">Whom.</param>
    /// <param name="request">What.</param>
    /// <param name="headBytes">Bytes before the first entry; the count is the first four.</param>
    /// <param name="what">For the message of a refusal.</param>
    internal static TEntry[] Fetch<TEntry>(SafeHandle fd, Request request, int headBytes, string what)
        where TEntry : unmanaged
    {
        for (int room = FirstGuess; ; room *= 2)
        {
            byte[] buffer = NewBuffer<TEntry>(headBytes, room);
            KvmErrno errno = Call.TryBuffer(fd, request, buffer, out _);
            if (errno == KvmErrno.E2BIG && room < Most)
                continue;
            if (errno != KvmErrno.None)
                throw Call.Refused(request, errno, what);
            // SAFETY: the view is as long as the buffer, whatever the kernel wrote into the head.
            int count = (int)Math.Min(MemoryMarshal.Read<uint>(buffer), (uint)room);
            return MemoryMarshal.Cast<byte, TEntry>(buffer.AsSpan(headBytes))[..count].ToArray();
        }
    }

    /// <summary>Hands over entries, and takes back what the kernel made of them.</summary>
    internal static KvmErrno TryExchange<TEntry>(
        SafeHandle fd, Request request, int headBytes, ReadOnlySpan<TEntry> entries, Span<TEntry> back, out int result)
        where TEntry : unmanaged
    {
        byte[] buffer = NewBuffer<TEntry>(headBytes, entries.Length);
        // SAFETY: the view is as long as the buffer.
        Span<TEntry> inside = MemoryMarshal.Cast<byte, TEntry>(buffer.AsSpan(headBytes));
        entries.CopyTo(inside);
        KvmErrno errno = Call.TryBuffer(fd, request, buffer, out result);
        inside[..back.Length].CopyTo(back);
        return errno;
    }

    static byte[] NewBuffer<TEntry>(int headBytes, int count)
        where TEntry : unmanaged
    {
        // SAFETY: the size of the whole is computed from the count that the head gets.
        byte[] buffer = new byte[headBytes + count * Unsafe.SizeOf<TEntry>()];
        MemoryMarshal.Write(buffer, (uint)count);
        return buffer;
    }
}

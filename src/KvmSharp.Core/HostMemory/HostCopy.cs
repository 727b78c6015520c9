using System;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

/// <summary>Copies between addresses of this process, for callers that hold the memory on both sides.</summary>
/// <remarks>
/// Safety: the caller knows that both ranges are mapped, and may be read and written, until the call returns. Guests may
/// change the bytes meanwhile; what is copied then is a mixture.
/// </remarks>
static unsafe class HostCopy
{
    internal static void Copy(Hva from, Hva to, ulong length)
    {
        // SAFETY: the caller answers for both ranges.
        Buffer.MemoryCopy((void*)from.Value, (void*)to.Value, length, length);
    }

    internal static void Clear(Hva start, ulong length)
    {
        for (ulong done = 0; done < length;)
        {
            uint piece = (uint)Math.Min(length - done, 1U << 30);
            // SAFETY: the caller answers for the range.
            Unsafe.InitBlockUnaligned((void*)(start.Value + done), 0, piece);
            done += piece;
        }
    }

    internal static bool IsZeroPage(Hva start)
    {
        // SAFETY: the caller answers for the page.
        return !new ReadOnlySpan<byte>((void*)start.Value, Page.Size).ContainsAnyExcept((byte)0);
    }
}

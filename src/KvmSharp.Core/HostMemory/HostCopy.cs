using System;
using System.IO;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using Microsoft.Win32.SafeHandles;

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

    /// <summary>Copies into a file: pages that the file does not have yet cost no fault.</summary>
    internal static void CopyToFile(Hva from, ulong length, SafeFileHandle file, ulong offset)
    {
        for (ulong done = 0; done < length;)
        {
            int piece = (int)Math.Min(length - done, 1U << 30);
            // SAFETY: the caller answers for the range; the call only reads it.
            RandomAccess.Write(file, new ReadOnlySpan<byte>((void*)(from.Value + done), piece), (long)(offset + done));
            done += (ulong)piece;
        }
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

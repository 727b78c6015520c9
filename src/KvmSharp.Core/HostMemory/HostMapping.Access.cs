using System;
using System.Runtime.CompilerServices;
using System.Threading;
using KvmSharp.Addresses;

namespace KvmSharp.HostMemory;

// The memory as a device on the host's side reads and writes it.
public abstract partial class HostMapping
{
    /// <summary>The memory as a span.</summary>
    /// <remarks>Safety: the caller uses the span only while the mapping is not disposed, and only for what the
    /// protection of the pages allows. A guest may change the bytes at any time: read a value once, then check it.</remarks>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie in the mapping.</exception>
    /// <exception cref="ObjectDisposedException">The mapping was disposed.</exception>
    public unsafe Span<byte> AsSpan(ulong offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        // SAFETY: Locate() has proved the bounds; the caller keeps the mapping and minds the protection.
        return new Span<byte>(Locate(offset, (ulong)length), length);
    }

    /// <summary>Reads a value that may lie at any byte. Not atomic across a cache line.</summary>
    /// <inheritdoc cref="AsSpan" path="/remarks|/exception"/>
    /// <param name="offset">Bytes from the start.</param>
    public unsafe ulong ReadUInt64(ulong offset)
    {
        // SAFETY: Locate() has proved the bounds; the caller keeps the mapping and minds the protection.
        ulong value = Unsafe.ReadUnaligned<ulong>(Locate(offset, sizeof(ulong)));
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Writes a value that may lie at any byte. Not atomic across a cache line.</summary>
    /// <inheritdoc cref="AsSpan" path="/remarks|/exception"/>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="value">The value, in the host's byte order.</param>
    public unsafe void WriteUInt64(ulong offset, ulong value)
    {
        // SAFETY: Locate() has proved the bounds; the caller keeps the mapping and minds the protection.
        Unsafe.WriteUnaligned(Locate(offset, sizeof(ulong)), value);
        GC.KeepAlive(this);
    }

    /// <summary>Reads an aligned value; no later access moves before the read.</summary>
    /// <inheritdoc cref="AsSpan" path="/remarks|/exception"/>
    /// <param name="offset">Bytes from the start; a multiple of eight.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of eight.</exception>
    public ulong VolatileReadUInt64(ulong offset)
    {
        ulong value = Volatile.Read(ref WordAt(offset));
        GC.KeepAlive(this);
        return value;
    }

    /// <summary>Writes an aligned value; no earlier access moves after the write.</summary>
    /// <inheritdoc cref="AsSpan" path="/remarks|/exception"/>
    /// <param name="offset">Bytes from the start; a multiple of eight.</param>
    /// <param name="value">The value, in the host's byte order.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of eight.</exception>
    public void VolatileWriteUInt64(ulong offset, ulong value)
    {
        Volatile.Write(ref WordAt(offset), value);
        GC.KeepAlive(this);
    }

    /// <summary>Replaces an aligned value atomically; a full fence.</summary>
    /// <inheritdoc cref="AsSpan" path="/remarks|/exception"/>
    /// <param name="offset">Bytes from the start; a multiple of eight.</param>
    /// <param name="value">The new value, in the host's byte order.</param>
    /// <returns>The old value.</returns>
    /// <exception cref="ArgumentException">The offset is not a multiple of eight.</exception>
    public ulong ExchangeUInt64(ulong offset, ulong value)
    {
        ulong before = Interlocked.Exchange(ref WordAt(offset), value);
        GC.KeepAlive(this);
        return before;
    }

    /// <summary>Replaces an aligned value atomically if it is the expected one; a full fence.</summary>
    /// <inheritdoc cref="AsSpan" path="/remarks|/exception"/>
    /// <param name="offset">Bytes from the start; a multiple of eight.</param>
    /// <param name="value">The new value, in the host's byte order.</param>
    /// <param name="expected">The value that is replaced.</param>
    /// <returns>The old value: <paramref name="expected"/> when it was replaced.</returns>
    /// <exception cref="ArgumentException">The offset is not a multiple of eight.</exception>
    public ulong CompareExchangeUInt64(ulong offset, ulong value, ulong expected)
    {
        ulong before = Interlocked.CompareExchange(ref WordAt(offset), value, expected);
        GC.KeepAlive(this);
        return before;
    }

    /// <summary>The first run of pages in a part of the memory that may hold anything but zeros.</summary>
    /// <param name="range">Whole pages of the mapping; the caller holds a reference.</param>
    /// <returns>The run; empty when there is none.</returns>
    internal virtual HvaRange FirstPopulated(HvaRange range) => range;

    unsafe ref ulong WordAt(ulong offset)
    {
        // The mapping starts on a page boundary, so an aligned offset is an aligned address.
        if (offset % sizeof(ulong) != 0)
            throw new ArgumentException($"0x{offset:x} is not a multiple of {sizeof(ulong)}", nameof(offset));
        // SAFETY: Locate() has proved the bounds; the callers keep this alive until they have used the reference.
        return ref Unsafe.AsRef<ulong>(Locate(offset, sizeof(ulong)));
    }

    unsafe byte* Locate(ulong offset, ulong length)
    {
        if (offset > Length || length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"0x{offset:x} + 0x{length:x} leaves {this}");
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        // SAFETY: only makes the address; it lies in memory that is mapped while the mapping is not disposed.
        return (byte*)(Start.Value + offset);
    }
}

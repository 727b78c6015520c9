using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using System.Threading;
using KvmSharp.Addresses;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.HostMemory.Linux;

/// <summary>What the mappings ask of Linux, in their own terms; a refusal is a <see cref="HostMemoryException"/>.</summary>
[SupportedOSPlatform("linux")]
static class LinuxMemory
{
    const int ProtReadWrite = LibC.PROT_READ | LibC.PROT_WRITE;
    const int PrivateAnonymous = LibC.MAP_PRIVATE | LibC.MAP_ANONYMOUS | LibC.MAP_NORESERVE;
    const ulong HugePageSize = 1UL << 21;
    const ulong GapBytes = 1UL << 36;

    // Where the next anonymous mapping had best lie, or zero. Read and written with Volatile: threads that meet here get
    // a worse place, no more.
    static ulong _wish;

    internal static HvaRange MapAnonymous(ulong length)
    {
        // The kernel places mappings downwards. Memory for slots is mostly mapped, and then used, in ascending order; side
        // by side in that order the processor can prefetch across mappings, and one call can discard several.
        var wish = new Hva(Volatile.Read(ref _wish));
        if (wish.Value == 0)
            wish = FindGap();
        HvaRange range = Map(length, ProtReadWrite, PrivateAnonymous, null, 0, wish);
        if (range.Start == wish)
            Volatile.Write(ref _wish, range.End.Value);
        else if (length < GapBytes)
            Volatile.Write(ref _wish, 0);
        return range;
    }

    // The start of a wide unused range, as of now: only a wish, that the kernel grants if it is still free.
    static Hva FindGap()
    {
        nint address = LibC.mmap(0, unchecked((nuint)GapBytes), LibC.PROT_NONE, PrivateAnonymous, -1, 0);
        if (address == -1)
            return default;
        var gap = new HvaRange(new Hva((ulong)address), GapBytes);
        Unmap(gap);
        return gap.Start;
    }

    /// <summary>Maps memory that starts on a huge page boundary when it can hold a huge page.</summary>
    internal static HvaRange MapAnonymousAligned(ulong length)
    {
        if (length < HugePageSize || length > ulong.MaxValue - HugePageSize)
            return MapAnonymous(length);

        HvaRange wide = MapAnonymous(length + HugePageSize);
        var start = new Hva((wide.Start.Value + HugePageSize - 1) & ~(HugePageSize - 1));
        Unmap(new HvaRange(wide.Start, start - wide.Start));
        Unmap(new HvaRange(start + length, wide.End - (start + length)));
        return new HvaRange(start, length);
    }

    internal static HvaRange MapFile(SafeFileHandle file, ulong offset, ulong length, FileMemoryAccess access) =>
        access switch
        {
            FileMemoryAccess.ReadOnly => Map(length, LibC.PROT_READ, LibC.MAP_SHARED, file, offset),
            FileMemoryAccess.Private =>
                Map(length, ProtReadWrite, LibC.MAP_PRIVATE | LibC.MAP_NORESERVE, file, offset),
            _ => Map(length, ProtReadWrite, LibC.MAP_SHARED, file, offset),
        };

    /// <summary>Unmaps; an empty range is nothing. Never throws, for finalizers call it.</summary>
    internal static void Unmap(HvaRange range)
    {
        if (!range.IsEmpty)
            _ = LibC.munmap((nint)range.Start.Value, (nuint)range.Length);
    }

    internal static void Discard(HvaRange range)
    {
        if (LibC.madvise((nint)range.Start.Value, (nuint)range.Length, LibC.MADV_DONTNEED) != 0)
            throw Refused("madvise", Marshal.GetLastPInvokeError(), $"{range}, MADV_DONTNEED");
    }

    /// <summary>Gives the huge page hint.</summary>
    /// <returns><see langword="false"/> when the kernel was built without it.</returns>
    internal static bool TryHintHugePages(HvaRange range, bool prefer)
    {
        int advice = prefer ? LibC.MADV_HUGEPAGE : LibC.MADV_NOHUGEPAGE;
        if (LibC.madvise((nint)range.Start.Value, (nuint)range.Length, advice) == 0)
            return true;
        int errno = Marshal.GetLastPInvokeError();
        return errno == Errno.EINVAL ? false : throw Refused("madvise", errno, $"{range}, advice {advice}");
    }

    internal static void Protect(HvaRange range, HostProtection protection)
    {
        // The values of HostProtection are those of PROT_READ and PROT_WRITE.
        if (LibC.mprotect((nint)range.Start.Value, (nuint)range.Length, (int)protection) != 0)
            throw Refused("mprotect", Marshal.GetLastPInvokeError(), $"{range}, {protection}");
    }

    /// <summary>Protects as far as the kernel allows, for going back after a refusal.</summary>
    internal static void TryProtect(HvaRange range, HostProtection protection) =>
        _ = LibC.mprotect((nint)range.Start.Value, (nuint)range.Length, (int)protection);

    internal static SafeFileHandle CreateMemoryFile(string name, ulong length)
    {
        SafeFileHandle file = new(CreateMemoryFile(name), ownsHandle: true);
        if (LibC.ftruncate((int)file.DangerousGetHandle(), (nint)length) == 0)
            return file;
        int errno = Marshal.GetLastPInvokeError();
        file.Dispose();
        throw Refused("ftruncate", errno, $"memfd, 0x{length:x}");
    }

    internal static void PunchHole(SafeFileHandle file, ulong offset, ulong length)
    {
        const int Mode = LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE;
        bool held = false;
        try
        {
            file.DangerousAddRef(ref held);
            int errno;
            do
            {
                if (LibC.fallocate((int)file.DangerousGetHandle(), Mode, (nint)offset, (nint)length) == 0)
                    return;
                errno = Marshal.GetLastPInvokeError();
            }
            while (errno == Errno.EINTR);
            throw Refused("fallocate", errno, $"PUNCH_HOLE, 0x{offset:x}, 0x{length:x}");
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    static HvaRange Map(ulong length, int prot, int flags, SafeFileHandle? file, ulong offset, Hva wish = default)
    {
        bool held = false;
        try
        {
            file?.DangerousAddRef(ref held);
            int fd = file is null ? -1 : (int)file.DangerousGetHandle();
            nint address = LibC.mmap((nint)wish.Value, (nuint)length, prot, flags, fd, (nint)offset);
            if (address != -1)
                return new HvaRange(new Hva((ulong)address), length);
            int errno = Marshal.GetLastPInvokeError();
            throw Refused("mmap", errno, $"length 0x{length:x}, prot {prot}, flags 0x{flags:x}, offset 0x{offset:x}");
        }
        finally
        {
            if (held)
                file!.DangerousRelease();
        }
    }

    static unsafe int CreateMemoryFile(string name)
    {
        byte[] label = Encoding.UTF8.GetBytes(name + '\0');
        // SAFETY: the label ends in zero and is pinned during the call, which copies it.
        fixed (byte* text = label)
        {
            int fd = LibC.memfd_create(text, LibC.MFD_CLOEXEC);
            return fd >= 0 ? fd : throw Refused("memfd_create", Marshal.GetLastPInvokeError(), name);
        }
    }

    static HostMemoryException Refused(string operation, int errno, string values) => new(operation, errno, values);
}

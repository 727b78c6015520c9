using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.X86;

namespace KvmSharp.Cli.Conform.Machines;

// Slots with a second descriptor. A closed file stands for no descriptor, another machine's for one of another kind: each is
// refused where the kernel refuses those.
partial class SoftConformMachine
{
    static readonly GuestMemoryFile _noFile = CreateClosed();
    static readonly GuestMemoryFile _otherKind = CreateForeign(Page.Size, GuestMemoryFlags.None);

    readonly Dictionary<string, GuestMemoryFile> _memfds = [];

    internal override KvmErrno CreateMemfd(string name, ulong size, ulong flags, bool isForeign)
    {
        GuestMemoryFile file;
        try
        {
            file = isForeign
                ? CreateForeign(size, (GuestMemoryFlags)flags)
                : _software.CreateGuestMemory(size, (GuestMemoryFlags)flags);
        }
        catch (KvmException exception)
        {
            return exception.Errno;
        }
        CloseMemfd(name);
        _memfds.Add(name, file);
        return KvmErrno.None;
    }

    internal override void CloseMemfd(string name)
    {
        if (_memfds.Remove(name, out GuestMemoryFile? old))
            old.Dispose();
    }

    private protected override KvmErrno SetSlot2Core(
        uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset)
    {
        MemoryRegion region = RegionOf(word, flags, gpa, size, hva);
        // Without the flag nobody looks at the rest.
        if ((region.Flags & SlotFlags.GuestMemfd) != 0)
            region = region with { GuestMemory = FileOf(descriptor ?? DeviceName).At(offset) };
        return Core.Slots.TrySet(region).Errno;
    }

    GuestMemoryFile FileOf(string name) =>
        _memfds.TryGetValue(name, out GuestMemoryFile? file) ? file
        : name == DeviceName || TryFindEvent(name, out _) ? _otherKind
        : _noFile;

    void ClearMemfds()
    {
        foreach (GuestMemoryFile file in _memfds.Values)
            file.Dispose();
        _memfds.Clear();
    }

    static GuestMemoryFile CreateClosed()
    {
        GuestMemoryFile file = CreateForeign(Page.Size, GuestMemoryFlags.None);
        file.Dispose();
        return file;
    }

    // The file outlives the machine that made it.
    static GuestMemoryFile CreateForeign(ulong size, GuestMemoryFlags flags)
    {
        using SoftwareMachine other = SoftwareBackend.Instance.CreateMachine();
        return other.CreateGuestMemory(size, flags);
    }
}

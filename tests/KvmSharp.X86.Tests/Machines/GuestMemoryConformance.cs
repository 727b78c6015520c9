using System;
using KvmSharp.Addresses;
using KvmSharp.Backends;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Slots.GuestFiles;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>One program for every backend: slots with pages of a file behind them. Where the kernel lacks them, that is said.</summary>
public abstract class GuestMemoryConformance(IMachine machine) : IDisposable
{
    const ulong PageSize = Page.Size;
    const GuestMemoryFlags Mappable = GuestMemoryFlags.Mmap | GuestMemoryFlags.InitShared;

    readonly AnonymousMemory _memory = AnonymousMemory.Create(16 * PageSize);

    bool IsOffered => machine.Check(KvmCapability.GuestMemfd) != 0;

    public void Dispose()
    {
        machine.Dispose();
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    [BackendFact]
    public void A_machine_without_such_memory_says_so()
    {
        if (IsOffered)
            machine.CreateGuestMemory(PageSize).Dispose();
        else
            Assert.Throws<NotSupportedException>(() => machine.CreateGuestMemory(PageSize));
    }

    [BackendFact]
    public void A_slot_is_bound_and_stays_when_its_file_is_closed()
    {
        if (!IsOffered)
            return;
        GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        Assert.Equal(16 * PageSize, file.Size);

        Assert.Equal(KvmErrno.None, TryBind(1, 0x10_0000, 8, file.At(0)));
        Assert.True(machine.Slots.TryFind(new SlotId(1), out MemorySlot? slot));
        Assert.Equal(SlotFlags.GuestMemfd, slot.Flags);
        Assert.Equal(file.At(0), machine.Slots.GuestMemoryOf(new SlotId(1)));

        file.Dispose();
        Assert.True(machine.Memory.TryWrite(new Gpa(0x10_0000), 5));
        machine.Slots.Delete(new SlotId(1));
        Assert.Equal(KvmErrno.EBADF, TryBind(1, 0x10_0000, 8, file.At(0)));
        Assert.Null(machine.Slots.GuestMemoryOf(new SlotId(1)));
    }

    [BackendFact]
    public void A_bound_slot_stays_as_it_was_made()
    {
        if (!IsOffered)
            return;
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        Assert.Equal(KvmErrno.None, TryBind(1, 0x10_0000, 8, file.At(0)));

        Assert.Equal(KvmErrno.EINVAL, TryBind(1, 0x10_0000, 8, file.At(0)));
        Assert.Equal(SlotCheck.GuestMemfdUnchanged, machine.Slots.TryMove(new SlotId(1), new Gpa(0x20_0000)).Check);
        Assert.Equal(SlotCheck.GuestMemfdUnchanged, machine.Slots.TrySetFlags(new SlotId(1), SlotFlags.LogDirty).Check);
        Assert.Equal(
            SlotCheck.GuestMemfdUnchanged,
            machine.Slots.BeginTransaction().Move(new SlotId(1), new Gpa(0x20_0000)).TryApply().Check);

        machine.Slots.Delete(new SlotId(1));
        Assert.Equal(KvmErrno.None, TryBind(1, 0x20_0000, 8, file.At(0)));
    }

    [BackendFact]
    public void What_cannot_be_bound_is_refused()
    {
        if (!IsOffered)
            return;
        using IMachine other = machine.Backend.CreateMachine();
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize);
        using GuestMemoryFile foreign = other.CreateGuestMemory(16 * PageSize);
        Assert.Equal(KvmErrno.None, TryBind(1, 0x10_0000, 8, file.At(0)));

        Assert.Equal(KvmErrno.EINVAL, TryBind(2, 0x20_0000, 2, file.At(512)));
        Assert.Equal(KvmErrno.EINVAL, TryBind(2, 0x20_0000, 2, file.At(15 * PageSize)));
        Assert.Equal(KvmErrno.EINVAL, TryBind(2, 0x20_0000, 2, file.At(ulong.MaxValue - PageSize + 1)));
        Assert.Equal(KvmErrno.EINVAL, TryBind(2, 0x20_0000, 2, file.At(7 * PageSize)));
        Assert.Equal(KvmErrno.EINVAL, TryBind(2, 0x20_0000, 2, foreign.At(0)));
        Assert.Equal(KvmErrno.EINVAL, TryBind(2, 0x20_0000, 2, file.At(8 * PageSize), SlotFlags.LogDirty));
        Assert.Equal(KvmErrno.EEXIST, TryBind(2, 0x10_7000, 2, file.At(8 * PageSize)));
        Assert.Equal(KvmErrno.None, TryBind(2, 0x20_0000, 2, file.At(8 * PageSize)));
        Assert.Equal(KvmErrno.EINVAL, Assert.Throws<KvmException>(() => machine.CreateGuestMemory(100)).Errno);
        Assert.Equal(KvmErrno.EINVAL, Assert.Throws<KvmException>(() => machine.CreateGuestMemory(0)).Errno);
        Assert.Equal(
            KvmErrno.EINVAL,
            Assert.Throws<KvmException>(() => machine.CreateGuestMemory(PageSize, (GuestMemoryFlags)(1UL << 63))).Errno);
    }

    [BackendFact]
    public void The_guest_and_its_user_share_a_file_that_is_mapped_under_its_slot()
    {
        if ((machine.Check(KvmCapability.GuestMemfdFlags) & (int)Mappable) != (int)Mappable)
            return;
        using GuestMemoryFile file = machine.CreateGuestMemory(16 * PageSize, Mappable);
        using HostMapping mapping = file.Map();
        using HostMapping another = file.Map();
        var region = new MemoryRegion(new SlotId(0), SlotFlags.None, new Gpa(0), file.Size, mapping.Start)
        {
            Backing = mapping,
            GuestMemory = file.At(0),
        };
        Assert.True(machine.Slots.TrySet(region).Succeeded);
        // mov byte [0x3000], 0x5a; hlt
        new byte[] { 0xc6, 0x06, 0x00, 0x30, 0x5a, 0xf4 }.CopyTo(mapping.AsSpan(0x1000, 6));

        IVcpu vcpu = machine.CreateVcpu(new VcpuId(0));
        vcpu.GetSregs(out KvmSregs sregs);
        sregs.Cs.Base = 0;
        sregs.Cs.Selector = 0;
        vcpu.SetSregs(sregs);
        vcpu.SetRegs(new KvmRegs { Rip = 0x1000, Rflags = 2 });

        Assert.Equal(VcpuExitReason.Hlt, vcpu.Run().Reason);
        Assert.Equal(0x5a, another.AsSpan(0x3000, 1)[0]);
    }

    [BackendFact]
    public void A_file_that_is_not_for_mapping_is_not_mapped()
    {
        if (!IsOffered)
            return;
        using GuestMemoryFile file = machine.CreateGuestMemory(PageSize);

        Assert.Throws<NotSupportedException>(file.Map);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(file.Map);
    }

    KvmErrno TryBind(ushort id, ulong gpa, ulong pages, GuestMemoryPlace place, SlotFlags flags = SlotFlags.None)
    {
        var region = new MemoryRegion(new SlotId(id), flags, new Gpa(gpa), pages * PageSize, _memory.Range.Start)
        {
            GuestMemory = place,
        };
        return machine.Slots.TrySet(region).Errno;
    }
}

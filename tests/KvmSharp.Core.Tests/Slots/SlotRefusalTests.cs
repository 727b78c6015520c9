using System;
using System.Collections.Generic;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Tests.Slots;

/// <summary>What a refused caller reads: the check that failed, with its values in hex.</summary>
public sealed class SlotRefusalTests
{
    public static TheoryData<SlotCheck, ulong, ulong, string> Messages => new()
    {
        { SlotCheck.None, 0, 0, "success" },
        { SlotCheck.MachineDead, 0, 0, "the machine is dead" },
        { SlotCheck.IdIsUsers, 0, 0x7ffc, "slot id 0x2a is not below 0x7ffc" },
        { SlotCheck.FlagsKnown, 0x14, 0x3, "slot:42: flags 0x14 are not all among 0x3" },
        { SlotCheck.SizeAligned, 0x1001, 0x1000, "slot:42: size 0x1001 is not a multiple of 0x1000" },
        { SlotCheck.GpaAligned, 0xabc, 0x1000, "slot:42: guest address 0xabc is not a multiple of 0x1000" },
        { SlotCheck.HvaAligned, 0xabc, 0x1000, "slot:42: host address 0xabc is not a multiple of 0x1000" },
        { SlotCheck.HvaIsUsers, 0xf000, 0x7ffffffff000, "slot:42: host range from 0xf000 ends beyond 0x7ffffffff000" },
        {
            SlotCheck.BackingCovers, 0xa000, 0xc000,
            "slot:42: host range [0xa000,0xc000) is not wholly inside its owner, or the owner is disposed"
        },
        {
            SlotCheck.GuestFileOffset, 0xabc, 0x2000,
            "slot:42: 0x2000 bytes of a file from 0xabc: not a page's start, or it wraps"
        },
        { SlotCheck.SpaceExists, 0x10, 0x2, "slot:42: address space 0x10 is not below 0x2" },
        { SlotCheck.GpaDoesNotWrap, 0xffffffffff, 0x2000, "slot:42: guest range from 0xffffffffff of 0x2000 bytes wraps" },
        { SlotCheck.PagesWithinLimit, 0x80000000, 0x7fffffff, "slot:42: 0x80000000 pages are more than 0x7fffffff" },
        { SlotCheck.SlotExists, 0, 0, "slot:42: there is no such slot" },
        { SlotCheck.TotalPagesDoNotWrap, 0x10, 0xffff, "slot:42: 0x10 pages more wrap the count of 0xffff" },
        {
            SlotCheck.GuestMemfdUnchanged, 0x1, 0x4,
            "slot:42: flags 0x1 over 0x4: a slot with GUEST_MEMFD can only be deleted"
        },
        { SlotCheck.HvaUnchanged, 0xa000, 0xb000, "slot:42: host address 0xa000 differs from the slot's 0xb000" },
        { SlotCheck.SizeUnchanged, 0x10, 0x20, "slot:42: 0x10 pages differ from the slot's 0x20" },
        { SlotCheck.ReadOnlyUnchanged, 0x2, 0x1, "slot:42: flags 0x2 differ from the slot's 0x1 in READONLY" },
        { SlotCheck.NamedOnce, 42, 0, "slot:42: named twice in one transaction" },
        { SlotCheck.NoOverlap, 0x1f, 0x2b, "slot:42: guest frame 0x1f belongs to slot 0x2b too" },
        { SlotCheck.MemoryForBitmap, 0x40000, 0, "slot:42: no memory for a dirty bitmap of 0x40000 pages" },
        { SlotCheck.GuestFileOpen, 0, 0, "slot:42: GUEST_MEMFD without a file, or with one that was closed" },
        { SlotCheck.GuestFileIsMachines, 0, 0, "slot:42: the file is another machine's" },
        { SlotCheck.GuestFileCovers, 0x3000, 0x2000, "slot:42: 0x3000 is beyond the end of the file, 0x2000" },
        {
            SlotCheck.GuestFilePagesFree, 0x1000, 0x3000,
            "slot:42: of the file's bytes [0x1000,0x3000) some are another slot's"
        },
        { SlotCheck.MirrorAccepts, 0x100, 0x10, "slot:42: the hypervisor refuses 0x10 pages at guest frame 0x100" },
        { SlotCheck.WithinMaxGfn, 0x10000, 0xffff, "slot:42: last guest frame 0x10000 is above 0xffff" },
        { SlotCheck.IdFree, 0x1, 0, "0x1 ids are wanted and 0x0 are free" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Each_refusal_names_its_values(SlotCheck check, ulong value, ulong bound, string message) =>
        Assert.Equal(message, new SlotRefusal(check, KvmErrno.EINVAL, new SlotId(42), value, bound).ToString());

    [Fact]
    public void No_check_is_without_a_message()
    {
        var covered = new HashSet<SlotCheck>();
        foreach (object[] row in Messages)
            covered.Add((SlotCheck)row[0]);

        Assert.Equal(Enum.GetValues<SlotCheck>().Length, covered.Count);
    }

    [Fact]
    public void The_exception_carries_call_code_and_message()
    {
        var refusal = new SlotRefusal(SlotCheck.NoOverlap, KvmErrno.EEXIST, new SlotId(42), 0x1f, 0x2b);

        KvmException thrown = Assert.Throws<KvmException>(refusal.ThrowIfRefused);

        Assert.Equal(KvmErrno.EEXIST, thrown.Errno);
        Assert.Equal("KVM_SET_USER_MEMORY_REGION", thrown.Operation);
        Assert.Equal(
            "KVM_SET_USER_MEMORY_REGION: EEXIST: slot:42: guest frame 0x1f belongs to slot 0x2b too", thrown.Message);
    }

    [Fact]
    public void Success_throws_nothing() => default(SlotRefusal).ThrowIfRefused();
}

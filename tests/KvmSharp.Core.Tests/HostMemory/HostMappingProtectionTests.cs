using System;
using System.Collections.Generic;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class HostMappingProtectionTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(8 * Page.Size);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void At_first_all_of_the_mapping_may_be_read_and_written()
    {
        Assert.Equal(HostProtection.ReadWrite, _memory.ProtectionAt(_memory.Start + 5, out HvaRange uniform));
        Assert.Equal(_memory.Range, uniform);
    }

    [Fact]
    public void Protecting_the_middle_splits_the_mapping_in_three()
    {
        _memory.Protect(2 * Page.Size, Page.Size, HostProtection.Read);

        AssertRun(0, HostProtection.ReadWrite, 0, 2);
        AssertRun(2, HostProtection.Read, 2, 3);
        AssertRun(7, HostProtection.ReadWrite, 3, 8);
    }

    [Fact]
    public void Neighbours_of_the_same_protection_become_one_range()
    {
        _memory.Protect(2 * Page.Size, Page.Size, HostProtection.Read);
        _memory.Protect(4 * Page.Size, Page.Size, HostProtection.Read);
        _memory.Protect(3 * Page.Size, Page.Size, HostProtection.Read);

        AssertRun(3, HostProtection.Read, 2, 5);
    }

    [Fact]
    public void Restoring_the_middle_makes_the_mapping_whole_again()
    {
        _memory.Protect(2 * Page.Size, 3 * Page.Size, HostProtection.None);
        _memory.Protect(2 * Page.Size, 3 * Page.Size, HostProtection.ReadWrite);

        AssertRun(4, HostProtection.ReadWrite, 0, 8);
    }

    [LinuxFact]
    public void The_host_enforces_what_is_recorded()
    {
        Assert.True(_memory.Features.HasFlag(HostMappingFeatures.ProtectEnforcedByHost));

        _memory.Protect(0, Page.Size, HostProtection.None);
        _memory.Protect(Page.Size, Page.Size, HostProtection.Read);

        Assert.Equal("---p", ProcMaps.RightsAt(_memory.Start));
        Assert.Equal("r--p", ProcMaps.RightsAt(_memory.Start + Page.Size));
        Assert.Equal("rw-p", ProcMaps.RightsAt(_memory.Start + (2 * Page.Size)));
    }

    [Fact]
    public void Rights_go_off_the_record_before_anybody_is_waited_for_and_come_on_it_before_the_end()
    {
        using RecordingListener listener = new(_memory.Range)
        {
            Observe = () => _memory.ProtectionAt(_memory.Start, out _),
        };

        _memory.Protect(0, Page.Size, HostProtection.Read);
        _memory.Protect(0, Page.Size, HostProtection.ReadWrite);

        HvaRange page = new(_memory.Start, Page.Size);
        Assert.Equal(
            [$"begin {page} Read", $"end {page} Read", $"begin {page} Read", $"end {page} ReadWrite"], listener.Events);
    }

    [LinuxFact]
    public void A_refused_protection_leaves_everything_as_it_was()
    {
        // mprotect() comes as far as the file, which was opened for reading.
        using TemporaryFile file = new(Page.Size, 0);
        using FileMemory above = MapAboveSharedMemory(file.Path, out SharedMemory below);
        using BorrowedMemory both = new(
            below.Start, below.Length + Page.Size, BorrowedMemoryRights.Protect, HostProtection.Read);
        both.Protect(0, both.Length, HostProtection.Read);

        HostMemoryException refusal = Assert.Throws<HostMemoryException>(
            () => both.Protect(0, both.Length, HostProtection.ReadWrite));

        Assert.Equal("mprotect", refusal.Operation);
        Assert.Contains("EACCES", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("r--s", ProcMaps.RightsAt(below.Start));
        Assert.Equal(HostProtection.Read, both.ProtectionAt(both.Start, out HvaRange uniform));
        Assert.Equal(both.Range, uniform);
        below.Dispose();
    }

    [Fact]
    public void Extents_that_are_not_pages_of_the_mapping_are_refused()
    {
        Assert.Throws<ArgumentException>(() => _memory.Protect(0, 0, HostProtection.Read));
        Assert.Throws<ArgumentException>(() => _memory.Protect(8, Page.Size, HostProtection.Read));
        Assert.Throws<ArgumentException>(() => _memory.Discard(0, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.Discard(8 * Page.Size, Page.Size));
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.Discard(Page.Size, 8 * Page.Size));
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.Discard(ulong.MaxValue - Page.Size + 1, 2 * Page.Size));
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.Protect(0, Page.Size, (HostProtection)2));
    }

    [Fact]
    public void An_address_outside_the_mapping_has_no_protection()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.ProtectionAt(_memory.Range.End, out _));
    }

    // Well below the areas a process may have, which the runtime needs too.
    const int MostMisses = 8192;

    static FileMemory MapAboveSharedMemory(string path, out SharedMemory below)
    {
        // The kernel fills holes first and then goes downwards, so what misses stays until its hole is full.
        List<HostMapping> missed = [];
        while (missed.Count < MostMisses)
        {
            FileMemory above = FileMemory.Open(path, 0, Page.Size, FileMemoryAccess.ReadOnly);
            below = SharedMemory.Create(2 * Page.Size);
            if (below.Range.End == above.Start)
            {
                missed.ForEach(mapping => mapping.Dispose());
                return above;
            }
            missed.AddRange([above, below]);
        }
        throw new InvalidOperationException("the kernel does not place one mapping below the other");
    }

    void AssertRun(ulong page, HostProtection protection, ulong firstPage, ulong endPage)
    {
        Assert.Equal(protection, _memory.ProtectionAt(_memory.Start + (page * Page.Size), out HvaRange uniform));
        Assert.Equal(new HvaRange(_memory.Start + (firstPage * Page.Size), (endPage - firstPage) * Page.Size), uniform);
    }
}

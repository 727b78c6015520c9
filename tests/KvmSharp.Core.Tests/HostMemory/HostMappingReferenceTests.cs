using System;
using System.Runtime.CompilerServices;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using Xunit;

namespace KvmSharp.Tests.HostMemory;

public sealed class HostMappingReferenceTests
{
    [Fact]
    public void A_reference_keeps_the_memory_after_the_owner_let_go()
    {
        AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        memory.WriteUInt64(0, 3);
        Assert.True(memory.TryAddReference());

        memory.Dispose();

        Assert.True(memory.IsDisposed);
        Assert.True(memory.IsMapped);
        Assert.Equal(3UL, new BorrowedMemory(memory.Start, Page.Size).ReadUInt64(0));
        memory.ReleaseReference();
        Assert.False(memory.IsMapped);
    }

    [Fact]
    public void A_slot_that_is_replaced_may_pass_its_reference_on_after_disposal()
    {
        AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        memory.TryAddReference();
        memory.Dispose();

        Assert.True(memory.TryAddReference());
        memory.ReleaseReference();
        Assert.True(memory.IsMapped);

        memory.ReleaseReference();
        Assert.False(memory.TryAddReference());
    }

    [Fact]
    public void Disposing_twice_is_harmless_while_a_reference_is_held()
    {
        AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        memory.TryAddReference();

        memory.Dispose();
        memory.Dispose();

        Assert.True(memory.IsMapped);
        memory.ReleaseReference();
    }

    [Fact]
    public void Everything_that_touches_the_memory_is_refused_after_disposal()
    {
        AnonymousMemory memory = AnonymousMemory.Create(Page.Size);
        memory.Dispose();

        Assert.Throws<ObjectDisposedException>(() => memory.Discard(0, Page.Size));
        Assert.Throws<ObjectDisposedException>(() => HostMapping.Discard([new(memory, 0, Page.Size)]));
        Assert.Throws<ObjectDisposedException>(() => memory.Protect(0, Page.Size, HostProtection.Read));
        Assert.Throws<ObjectDisposedException>(() => memory.AsSpan(0, 1));
        Assert.Throws<ObjectDisposedException>(() => memory.ReadUInt64(0));
        Assert.Throws<ObjectDisposedException>(() => memory.VolatileWriteUInt64(0, 0));
    }

    [LinuxFact]
    public void The_host_is_asked_to_unmap_with_the_last_reference()
    {
        using TemporaryFile file = new(Page.Size, 0);
        FileMemory memory = FileMemory.Open(file.Path, 0, Page.Size, FileMemoryAccess.Shared);
        memory.TryAddReference();

        memory.Dispose();
        Assert.True(ProcMaps.Names(file.Path));
        memory.ReleaseReference();

        Assert.False(ProcMaps.Names(file.Path));
    }

    [LinuxFact]
    public void A_mapping_that_everybody_forgot_is_unmapped()
    {
        using TemporaryFile file = new(Page.Size, 0);
        MapAndForget(file.Path);

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.False(ProcMaps.Names(file.Path));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void MapAndForget(string path)
    {
        FileMemory memory = FileMemory.Open(path, 0, Page.Size, FileMemoryAccess.Private);
        memory.TryAddReference();
        Assert.True(ProcMaps.Names(path));
    }
}

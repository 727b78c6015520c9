using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.Addresses;
using KvmSharp.Cli.Perf;
using KvmSharp.Cli.Perf.Guests;
using KvmSharp.Cli.Perf.Tests;
using KvmSharp.Slots;
using Xunit;

namespace KvmSharp.Cli.Tests.Perf;

/// <summary>Every test passes on small memory, and fails when something is wrong with it, whatever executes the guest.</summary>
public class VerificationTests
{
    const ulong SmallData = 256;

    static readonly TimeSpan _short = TimeSpan.FromMilliseconds(20);

    // Races are met long before; what this bounds is a run that would not fail.
    static readonly TimeSpan _untilFailure = TimeSpan.FromSeconds(5);

    public static TheoryData<string> StoreNames => [.. Array.ConvertAll([.. SlotStores.All], store => store.Name)];

    public static TheoryData<string> GuestNames => [.. Array.ConvertAll(Enum.GetValues<GuestKind>(), PerfOptions.NameOf)];

    static SlotStoreDesign Store(string name) => Assert.Single(SlotStores.All, store => store.Name == name);

    static PerfTiming Measure(
        PerfTest test, string store = "slot-trie", bool verify = true, TimeSpan? limit = null, TimeSpan? alarm = null,
        Gpa? moveTarget = null, string? guest = null, CancellationToken interruption = default)
    {
        var layout = new ArenaLayout(6, test.Pages);
        using var arena = new MemslotArena(Store(store), layout, oneByOne: true, PerfOptions.ParseGuest(guest))
        {
            MoveTarget = moveTarget ?? layout.End,
        };
        arena.ZeroFill();
        return PerfRun.Measure(test, arena, limit ?? _short, verify, alarm ?? TimeSpan.FromSeconds(10), interruption);
    }

    static string FailureOf(PerfTest test, string? guest = null, Gpa? moveTarget = null) => Assert.Throws<PerfTestException>(
        () => Measure(test, limit: _untilFailure, moveTarget: moveTarget, guest: guest)).Message;

    class SmallMap : MapTest
    {
        internal override ulong DataPages => SmallData;
    }

    class SmallUnmap : UnmapTest
    {
        internal override ulong DataPages => SmallData;
    }

    class SmallMoveActive : MoveActiveTest
    {
        internal override ulong DataPages => SmallData;
    }

    class SmallMoveInactive : MoveInactiveTest
    {
        internal override ulong DataPages => SmallData;
    }

    class SmallReadWrite : ReadWriteTest
    {
        internal override ulong DataPages => SmallData;
    }

    [Theory]
    [MemberData(nameof(StoreNames))]
    public void A_healthy_store_passes(string store)
    {
        Assert.True(Measure(new SmallMap(), store).Iterations > 0);
        Assert.True(Measure(new SmallUnmap(), store).Iterations > 0);
        Assert.True(Measure(new SmallMoveActive(), store).Iterations > 0);
        Assert.True(Measure(new SmallMoveInactive(), store).Iterations > 0);
        Assert.True(Measure(new SmallReadWrite(), store).Iterations > 0);
    }

    [Theory]
    [MemberData(nameof(StoreNames))]
    public void A_healthy_store_passes_with_machine_code_as_well(string store)
    {
        Assert.True(Measure(new SmallMap(), store, guest: "x86").Iterations > 0);
        Assert.True(Measure(new SmallUnmap(), store, guest: "x86").Iterations > 0);
        Assert.True(Measure(new SmallMoveActive(), store, guest: "x86").Iterations > 0);
        Assert.True(Measure(new SmallMoveInactive(), store, guest: "x86").Iterations > 0);
        Assert.True(Measure(new SmallReadWrite(), store, guest: "x86").Iterations > 0);
    }

    [Theory]
    [MemberData(nameof(StoreNames))]
    public void Chunks_over_many_slots_are_discarded_whole(string store)
    {
        var test = new UnmapChunkedTest();
        using var arena = new MemslotArena(Store(store), new ArenaLayout(3000, test.Pages), oneByOne: false);

        PerfTiming timing = PerfRun.Measure(test, arena, _short, verify: true, TimeSpan.FromSeconds(10), default);

        Assert.True(timing.Iterations > 0);
    }

    [Fact]
    public void Discarding_together_takes_the_pages_asked_for_and_no_others()
    {
        using var arena = new MemslotArena(SlotStores.Default, new ArenaLayout(8, 70), oneByOne: false);
        for (ulong page = 0; page < 70; page++)
            arena.Write(page, 0, page + 1);

        arena.DiscardTogether(5, 48);

        Assert.Equal((5UL, 0UL, 0UL, 54UL), (arena.Read(4, 0), arena.Read(5, 0), arena.Read(52, 0), arena.Read(53, 0)));
    }

    [Fact]
    public void However_short_the_time_there_is_a_result() =>
        Assert.True(Measure(new SmallReadWrite(), limit: TimeSpan.FromTicks(1)).Iterations > 0);

    sealed class CountedMove : SmallMoveInactive
    {
        internal long Iterations { get; private set; }

        internal override void Iterate(PerfHost host)
        {
            Iterations++;
            base.Iterate(host);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void Iterations_of_the_run_up_are_not_counted(int milliseconds)
    {
        var test = new CountedMove();

        PerfTiming timing = Measure(test, limit: TimeSpan.FromMilliseconds(milliseconds));

        Assert.True(timing.Iterations > 0);
        Assert.True(test.Iterations > timing.Iterations, $"{test.Iterations} iterations, {timing.Iterations} of them counted");
    }

    // Map: the guest's first half holds the value of its second.
    sealed class MapOfWrongValue : SmallMap
    {
        internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
            [new GuestStep.WritePages(FirstDataPage, DataPages, Value2), new GuestStep.Sync()];
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void Map_finds_a_wrong_value(string guest) =>
        Assert.Equal("the host found 0x99aabbccddeeff00 instead of 0x1122334455667788 in page 1", FailureOf(new MapOfWrongValue(), guest));

    [Fact]
    public void Map_looks_only_when_it_is_asked_to() =>
        Assert.True(Measure(new MapOfWrongValue(), verify: false).Iterations > 0);

    // Unmap: the guest's write goes to the page next to the one it should go to.
    sealed class UnmapOfWrongPage : SmallUnmap
    {
        internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
            [new GuestStep.WritePages(FirstDataPage + 1, 1, Value1), new GuestStep.Sync()];
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void Unmap_finds_a_wrong_value(string guest) =>
        Assert.Equal("the host found 0x0 instead of 0x1122334455667788 in page 1", FailureOf(new UnmapOfWrongPage(), guest));

    // Move: as if the last slot began a page later than it does.
    sealed class MoveOfNarrowArea : SmallMoveActive
    {
        internal override MmioRule AllowedMmio(ArenaLayout layout)
        {
            MmioRule rule = base.AllowedMmio(layout);
            return rule with { Start = rule.End };
        }
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void Moving_a_slot_in_use_may_show_at_its_own_pages_only(string guest) =>
        Assert.Matches(@"^guest write of 8 bytes at gpa:100[0-9a-f]+ ended in Mmio;", FailureOf(new MoveOfNarrowArea(), guest));

    [Fact]
    public void A_target_that_is_taken_fails_the_test() =>
        Assert.Contains("EEXIST", FailureOf(new SmallMoveActive(), moveTarget: ArenaLayout.Start));

    // Move inactive: the guest uses the slot that moves after all.
    sealed class MoveInactiveInUse : SmallMoveInactive
    {
        private protected override ulong PagesInSlot => 25;
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void Moving_an_unused_slot_must_not_show_at_all(string guest) =>
        Assert.EndsWith("ended in Mmio; no MMIO is allowed", FailureOf(new MoveInactiveInUse(), guest));

    // Read-write: the guest writes the host's value.
    sealed class ReadWriteOfWrongGuest : SmallReadWrite
    {
        internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) =>
            [new GuestStep.WritePages(FirstDataPage, DataPages, Value2), new GuestStep.Sync()];
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void Read_write_checks_what_the_guest_wrote(string guest) => Assert.Equal(
        "the host found 0x99aabbccddeeff00 instead of 0x1122334455667788 in page 1", FailureOf(new ReadWriteOfWrongGuest(), guest));

    // Read-write: the host's values never reach the memory.
    sealed class ReadWriteOfSilentHost : SmallReadWrite
    {
        internal override void Iterate(PerfHost host)
        {
            host.Sync();
            host.Sync();
        }
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void Read_write_checks_what_the_host_wrote(string guest) =>
        Assert.Equal("the guest found 0x0 instead of 0x99aabbccddeeff00 in page 1", FailureOf(new ReadWriteOfSilentHost(), guest));

    sealed class GuestThatLeaves : SmallReadWrite
    {
        internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) => [];
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void A_guest_that_does_not_answer_raises_the_alarm(string guest) => Assert.Equal(
        "the guest did not answer the host within 0.05 s",
        Assert.Throws<PerfTestException>(
            () => Measure(new GuestThatLeaves(), alarm: TimeSpan.FromMilliseconds(50), guest: guest)).Message);

    sealed class GuestThatBreaks : SmallReadWrite
    {
        internal override IReadOnlyList<GuestStep> GuestProgram(ArenaLayout layout) => throw new InvalidOperationException("broken");
    }

    [Theory]
    [MemberData(nameof(GuestNames))]
    public void A_guest_that_breaks_is_reported(string guest) =>
        Assert.Equal("the guest ended with InvalidOperationException: broken", FailureOf(new GuestThatBreaks(), guest));

    [Fact]
    public void An_interrupted_run_ends_with_what_it_has()
    {
        using var interruption = new CancellationTokenSource();
        interruption.Cancel();

        Assert.Equal(0, Measure(new SmallReadWrite(), limit: _untilFailure, interruption: interruption.Token).Iterations);
    }

    [Theory]
    [InlineData(0x1000UL, true)]
    [InlineData(0x1FF8UL, true)]
    [InlineData(0x2000UL, false)]
    [InlineData(0xFF8UL, false)]
    public void Only_writes_of_eight_bytes_inside_the_area_may_be_mmio(ulong address, bool allowed)
    {
        var rule = new MmioRule(new Gpa(0x1000), new Gpa(0x2000));

        Assert.Equal(allowed, rule.Allows(new Gpa(address), 8, isWrite: true));
        Assert.False(rule.Allows(new Gpa(address), 4, isWrite: true));
        Assert.False(rule.Allows(new Gpa(address), 8, isWrite: false));
    }
}

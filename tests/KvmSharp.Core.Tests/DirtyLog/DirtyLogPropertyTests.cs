using System;
using System.Collections.Generic;
using System.Threading;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Tests.Slots;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.DirtyLog;

/// <summary>
/// The property of the kernel's dirty_log_test: guests write the number of the round into random pages while the host
/// harvests; then the guests stop and every page is looked at.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A page that was reported holds this round's number, or the last one's.</item>
/// <item>A page that was not reported holds no later number than this round's; and if it holds this round's, it was
/// written after the harvest, and the next one must report it.</item>
/// </list>
/// </remarks>
[Collection(AloneCollection.Name)]
public sealed class DirtyLogPropertyTests
{
    public enum Harvest
    {
        Get,
        GetAndClear,
        Ring,
        Consumer,
    }

    // Neither the slot's place nor its size is a multiple of 64; and a ring never fills.
    const ulong Base = 0x12345;
    const ulong Pages = 131;

    static readonly SlotId _slot = new(1);

    [Theory]
    [InlineData(Harvest.Get, 1, 10_000)]
    [InlineData(Harvest.GetAndClear, 1, 10_000)]
    [InlineData(Harvest.Ring, 1, 10_000)]
    [InlineData(Harvest.Consumer, 1, 10_000)]
    [InlineData(Harvest.Get, 3, 1000)]
    [InlineData(Harvest.GetAndClear, 3, 1000)]
    [InlineData(Harvest.Ring, 3, 1000)]
    [InlineData(Harvest.Consumer, 3, 1000)]
    public void Every_write_is_reported_in_its_round_or_in_the_next(Harvest how, int guests, int rounds)
    {
        int seed = SlotModelRun.PickSeed();
        using var run = new Run(how, guests, seed);
        for (ulong round = 1; round <= (ulong)rounds; round++)
            run.Round(round, $"round {round} of {how} with {guests} guests, {SlotModelRun.SeedVariable}={seed}");
        Assert.NotEqual(0, run.Reported);
        Assert.NotEqual(0, run.Late);
    }

    sealed class Run : IDisposable
    {
        readonly Harvest _how;
        readonly AnonymousMemory _memory = AnonymousMemory.Create(Pages * PG);
        readonly VirtualMachine _vm = Create(Store.SlotTries);
        readonly List<Guest> _guests = [];
        readonly Barrier _meeting;
        readonly Random _random;
        readonly DirtyConsumer? _consumer;
        readonly bool[] _bits = new bool[Pages];
        readonly bool[] _due = new bool[Pages];
        readonly ulong[] _words = new ulong[DirtyTracking.WordsFor(Pages)];

        internal Run(Harvest how, int guests, int seed)
        {
            _how = how;
            _random = new Random(seed);
            _meeting = new Barrier(guests + 1);
            if (how == Harvest.Ring)
                Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryEnableRings(4096));
            if (how == Harvest.GetAndClear)
                Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TrySetModes(DirtyLogModes.ManualProtect | DirtyLogModes.InitiallySet));
            _vm.Put(1, Base, _memory, pages: Pages, flags: SlotFlags.LogDirty);
            if (how == Harvest.Consumer)
                _consumer = _vm.DirtyTracking.OpenConsumer();
            // Initially set: everything is reported once without having been written.
            Collect();
            for (int guest = 0; guest < guests; guest++)
                _guests.Add(new Guest(this, _vm.AddVcpu((uint)guest), seed + guest));
        }

        /// <summary>The number to write; changed only while the guests wait.</summary>
        internal ulong Current { get; private set; }

        internal bool IsOver { get; private set; }

        internal int Reported { get; private set; }

        internal int Late { get; private set; }

        public void Dispose()
        {
            IsOver = true;
            Meet();
            foreach (Guest guest in _guests)
                guest.Dispose();
            _meeting.Dispose();
            _vm.Dispose();
            _memory.Dispose();
        }

        internal void Meet() => Assert.True(_meeting.SignalAndWait(TimeSpan.FromSeconds(20)), "somebody did not come");

        internal void Round(ulong round, string context)
        {
            Current = round;
            Meet();
            // Somewhere among the writes.
            Thread.SpinWait(_random.Next(600));
            Collect();
            Meet();

            for (ulong page = 0; page < Pages; page++)
            {
                ulong value = _memory.ReadUInt64(page * PG);
                string what = $"page {page} holds {value}, reported: {_bits[page]}, due: {_due[page]}; {context}";
                if (_bits[page])
                {
                    Reported++;
                    Assert.True(value == round || value == round - 1, what);
                    _due[page] = false;
                }
                else
                {
                    Assert.True(value <= round && !_due[page], what);
                    _due[page] = value == round;
                    Late += _due[page] ? 1 : 0;
                }
            }
        }

        void Collect()
        {
            Array.Clear(_bits);
            switch (_how)
            {
                case Harvest.Get:
                    Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryGetLog(_slot, _words));
                    TakeWords();
                    break;
                case Harvest.GetAndClear:
                    Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryGetLog(_slot, _words));
                    TakeWords();
                    Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryClearLog(_slot, 0, (uint)Pages, _words));
                    break;
                case Harvest.Ring:
                    CollectRings();
                    break;
                default:
                    foreach (DirtyRange range in _consumer!.Harvest())
                        Array.Fill(_bits, true, (int)range.FirstPage, (int)range.PageCount);
                    break;
            }
        }

        void TakeWords()
        {
            for (ulong page = 0; page < Pages; page++)
                _bits[page] = (_words[page / 64] >> (int)(page % 64) & 1) != 0;
        }

        void CollectRings()
        {
            int harvested = 0;
            foreach (Vcpu vcpu in _vm.Vcpus)
            {
                while (vcpu.DirtyRing!.TryHarvest(out DirtyRingEntry entry))
                {
                    harvested++;
                    Assert.Equal(_slot.Value, entry.Slot);
                    _bits[entry.Offset] = true;
                }
            }
            Assert.Equal(KvmErrno.None, _vm.DirtyTracking.TryResetRings(out int reset));
            Assert.Equal(harvested, reset);
        }
    }

    // Writes the number of the round into some pages, between two meetings with the host.
    sealed class Guest : IDisposable
    {
        const int WritesPerRound = 60;

        readonly Vcpu _vcpu;
        readonly Random _random;
        readonly Run _run;
        readonly Background _thread;

        internal Guest(Run run, Vcpu vcpu, int seed)
        {
            _run = run;
            _vcpu = vcpu;
            _random = new Random(seed);
            _thread = Background.Run(Write);
        }

        public void Dispose() => _thread.Join();

        void Write()
        {
            while (true)
            {
                _run.Meet();
                if (_run.IsOver)
                    return;
                bool entered = _vcpu.TryEnterGuest();
                for (int write = 0; write < WritesPerRound; write++)
                    _vcpu.Memory.Write(At(Base + (ulong)_random.NextInt64((long)Pages)), _run.Current);
                if (entered)
                    _vcpu.ExitGuest();
                _run.Meet();
            }
        }
    }
}

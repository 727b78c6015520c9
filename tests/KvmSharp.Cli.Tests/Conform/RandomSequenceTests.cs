using System;
using System.Collections.Generic;
using System.Linq;
using KvmSharp.Backends;
using KvmSharp.Buses;
using KvmSharp.Cli.Conform;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;
using KvmSharp.Cli.Conform.Random;
using Xunit;

namespace KvmSharp.Cli.Tests.Conform;

/// <summary>Random sequences do what they are for: they reach what they should, and what is broken does not escape them.</summary>
public sealed class RandomSequenceTests
{
    [Fact]
    public void Equal_seeds_make_equal_sequences()
    {
        Assert.Equal(RandomSequence.Make(5, 100, OperationFamilies.All), RandomSequence.Make(5, 100, OperationFamilies.All));
        Assert.NotEqual(RandomSequence.Make(5, 100, OperationFamilies.All), RandomSequence.Make(6, 100, OperationFamilies.All));
    }

    [Fact]
    public void Sequences_succeed_and_are_refused_in_every_way()
    {
        using var machine = new SoftConformMachine(1);
        var seen = new Dictionary<string, int>();
        for (int seed = 0; seed < 20; seed++)
        {
            machine.Renew();
            foreach (string text in RandomSequence.Make(seed, 250, OperationFamilies.All))
            {
                ConformLine line = ConformFile.ParseLine(1, text)!;
                string outcome = line.Operation.Run(machine).Split(' ')[0];
                bool isNumber = outcome is [>= '0' and <= '9', ..];
                string operation = text.Split(' ')[0];
                string key = $"{operation} {(!isNumber ? outcome : operation == "take" && outcome != "0" ? "raised" : "value")}";
                seen[key] = seen.GetValueOrDefault(key) + 1;
            }
        }

        // Each of these is what a difference could hide behind.
        foreach (string wanted in new[]
        {
            "slot ok", "slot EINVAL", "slot EEXIST", "delete ok", "delete EINVAL", "write ok", "write mmio", "read value",
            "read mmio", "log ok", "log ENOENT", "log EINVAL", "log ENXIO", "clear ok", "clear EINVAL", "cap ok", "cap EINVAL",
            "vcpu ok", "vcpu EINVAL", "vcpu EEXIST", "harvest value", "reset value", "ioevent ok", "ioevent EEXIST",
            "ioevent ENOENT", "ioevent EINVAL", "ioevent EBADF", "coalesce ok", "coalesce EINVAL", "coalesced mmio",
            "coalesced pio", "coalesced none", "out ok", "out io", "irqfd ok", "irqfd EINVAL", "take raised",
            "memfd ok", "memfd EINVAL", "slot2 ok", "slot2 EINVAL", "slot2 EEXIST", "slot2 EBADF",
        })
        {
            Assert.True(seen.GetValueOrDefault(wanted) > 0, $"never seen: {wanted}; seen: {string.Join(", ", seen)}");
        }
        Assert.True(seen["slot ok"] > 200, $"{seen["slot ok"]} slots succeed");
        Assert.True(seen["write ok"] > 200, $"{seen["write ok"]} writes reach memory");
    }

    [Theory]
    [InlineData(Fault.LosesBits)]
    [InlineData(Fault.ForgetsOverlap)]
    [InlineData(Fault.MovesToNowhere)]
    [InlineData(Fault.ForgetsTriggers)]
    [InlineData(Fault.KeepsBindings)]
    public void A_broken_machine_is_found_and_its_sequence_made_short(Fault fault)
    {
        using var sound = new SoftConformMachine(1);
        using var broken = new BrokenMachine(fault);
        var options = new ConformOptions { Files = [], RandomOperations = 100_000 };

        RandomDifference? difference = new RandomRun([sound, broken], options, default).Run(1, static _ => { });

        Assert.NotNull(difference);
        Assert.InRange(difference.Lines.Count, 1, 7);
        Assert.Equal(difference.Difference.Line.Text, difference.Lines[^1]);
    }

    [Fact]
    public void What_can_be_spared_is_left_out()
    {
        string[] lines = [.. Enumerable.Range(0, 100).Select(number => $"{number}")];

        IReadOnlyList<string> shortest = SequenceShortener.Shorten(lines, candidate => candidate.Contains("13") && candidate.Contains("77"));

        Assert.Equal(["13", "77"], shortest);
    }

    public enum Fault
    {
        LosesBits,
        ForgetsOverlap,
        MovesToNowhere,
        ForgetsTriggers,
        KeepsBindings,
    }

    /// <summary>Our machine with one thing wrong.</summary>
    sealed class BrokenMachine(Fault fault) : ConformMachine
    {
        readonly SoftConformMachine _inner = new(1);
        readonly HashSet<(string?, ulong)> _everBound = [];

        internal override string Name => "broken";

        internal override IMachine Machine => _inner.Machine;

        internal override bool Has(ConformFeature feature) => _inner.Has(feature);

        internal override void Renew()
        {
            _inner.Renew();
            _everBound.Clear();
            base.Renew();
        }

        internal override KvmErrno GetLog(uint word, Span<ulong> bitmap)
        {
            KvmErrno errno = _inner.GetLog(word, bitmap);
            if (fault == Fault.LosesBits && errno == KvmErrno.None)
                bitmap[0] &= ~2UL;
            return errno;
        }

        internal override KvmErrno GetLogAt(uint word, ulong address) => _inner.GetLogAt(word, address);

        internal override KvmErrno ClearLog(uint word, ulong first, uint pages, ReadOnlySpan<ulong> bitmap) =>
            _inner.ClearLog(word, first, pages, bitmap);

        internal override KvmErrno ClearLogAt(uint word, ulong first, uint pages, ulong address) =>
            _inner.ClearLogAt(word, first, pages, address);

        internal override KvmErrno ResetRings(out int count) => _inner.ResetRings(out count);

        internal override KvmErrno Enable(uint capability, uint flags, ulong argument) => _inner.Enable(capability, flags, argument);

        internal override int Check(uint capability) => _inner.Check(capability);

        internal override KvmErrno CreateVcpu(ulong id) => _inner.CreateVcpu(id);

        internal override ulong Generation(uint space) => _inner.Generation(space);

        internal override KvmErrno CreateMemfd(string name, ulong size, ulong flags, bool isForeign) =>
            _inner.CreateMemfd(name, size, flags, isForeign);

        internal override void CloseMemfd(string name) => _inner.CloseMemfd(name);

        internal override GuestAccess Access(uint vcpu, GuestAccess access) =>
            base.Access(vcpu, fault == Fault.MovesToNowhere && access.Address >> 12 == 3 ? access with { Address = access.Address + 0x1000 } : access);

        internal override void CreateEvent(string name) => _inner.CreateEvent(name);

        internal override ulong TakeEvent(string name) => _inner.TakeEvent(name);

        internal override KvmErrno SetIoevent(ulong address, uint length, string descriptor, uint flags, ulong data) =>
            fault == Fault.ForgetsTriggers && length == 4 && (flags & 4) == 0
                ? KvmErrno.None
                : _inner.SetIoevent(address, length, descriptor, flags, data);

        internal override KvmErrno SetIrqfd(string descriptor, uint gsi, uint flags, string resampled) =>
            _inner.SetIrqfd(descriptor, gsi, flags, resampled);

        internal override KvmErrno SetCoalesced(ulong address, uint size, uint pio, bool remove) =>
            _inner.SetCoalesced(address, size, pio, remove);

        internal override int CountCoalesced() => _inner.CountCoalesced();

        internal override bool TryTakeCoalesced(out CoalescedWrite write) => _inner.TryTakeCoalesced(out write);

        internal override IVcpu? FindVcpu(uint id) => _inner.FindVcpu(id);

        public override void Dispose()
        {
            _inner.Dispose();
            base.Dispose();
        }

        private protected override void ForgetVcpu(uint id) => _inner.CloseVcpu(id);

        private protected override IMachineEvent NewEvent() => new CountedEvent();

        private protected override KvmErrno SetSlotCore(uint word, uint flags, ulong gpa, ulong size, ulong hva)
        {
            // The host memory is this machine's; the inner one's is left unused.
            KvmErrno errno = _inner.SetSlot(word, flags, gpa, size, hva);
            return fault == Fault.ForgetsOverlap && errno == KvmErrno.EEXIST ? KvmErrno.None : errno;
        }

        private protected override KvmErrno SetSlot2Core(
            uint word, uint flags, ulong gpa, ulong size, ulong hva, string? descriptor, ulong offset)
        {
            // The second deletion of a slot is refused; so would be a slot that takes the pages again.
            KvmErrno errno = _inner.SetSlot2(word, flags, gpa, size, hva, descriptor, offset);
            return fault == Fault.KeepsBindings && size != 0 && (flags & 4) != 0 && !_everBound.Add((descriptor, offset))
                ? KvmErrno.EINVAL
                : errno;
        }
    }
}

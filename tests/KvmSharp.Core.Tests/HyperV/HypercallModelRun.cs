using System;
using System.Collections.Generic;
using System.Numerics;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Slots;
using KvmSharp.Tests.Machines;
using KvmSharp.Tests.Slots;
using KvmSharp.Vcpus;
using Xunit;
using Xunit.Sdk;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.HyperV;

/// <summary>Random and hostile hypercalls beside a <see cref="HypercallModel"/>; everything they do is compared.</summary>
sealed class HypercallModelRun : IDisposable
{
    const int HostPages = 8;
    const int BlockWords = 88;
    const int Places = 20;
    const int FewestVcpus = 6;

    // More vCPUs than a set can name banks for, fewer, and KVM's.
    static readonly int[] _limits = [1024, 4096, 100, 5000];

    // Frames with memory behind them: three in a row, one alone, one read-only, the last there is. One has memory that
    // may not be touched.
    static readonly ulong[] _frames = [1, 2, 3, 5, 7, (1UL << 40) - 1];
    const int ReadOnlyPage = 4;
    const ulong ForbiddenFrame = 9;
    const int ForbiddenPage = 6;

    readonly Random _random;
    readonly AnonymousMemory _memory = AnonymousMemory.Create(HostPages * PG);
    readonly VirtualMachine _vm;
    readonly HypercallModel _model;
    readonly RecordingInterrupts _interrupts = new();
    readonly Vcpu[] _vcpus;
    readonly ulong[] _xmm = new ulong[HypercallRegisters.XmmHalves];
    readonly ulong[] _block = new ulong[BlockWords];
    readonly Dictionary<ulong, int> _pages = [];

    HypercallModelRun(int seed, int vcpus, int limit)
    {
        _random = new Random(seed);
        bool readsLists = _random.Next(4) != 0;
        _vm = new VirtualMachine(new VirtualMachineOptions
        {
            MaxVcpus = limit,
            MaxVcpuIds = Math.Max(limit, 4096),
            HyperV = new HyperVOptions { FlushesAddressLists = readsLists },
        });
        for (int page = 0; page < _frames.Length; page++)
        {
            SlotFlags flags = page == ReadOnlyPage ? SlotFlags.ReadOnly : SlotFlags.None;
            _vm.Put(page, _frames[page], _memory, (ulong)page, flags: flags);
            _pages.Add(_frames[page], page);
        }
        _vm.Put(ForbiddenPage, ForbiddenFrame, _memory, ForbiddenPage);
        _memory.Protect(ForbiddenPage * PG, PG, HostProtection.None);

        _model = new HypercallModel(vcpus, limit, ReadByte)
        {
            ReadsLists = readsLists,
            HasApics = _random.Next(8) != 0,
            EnforcedFeatures = _random.Next(3) == 0 ? (HyperVFeatures)_random.Next(64) : null,
        };
        _vm.HyperV.GuestOsId = 1;
        _vm.HyperV.Interrupts = _model.HasApics ? _interrupts : null;
        _vcpus = new Vcpu[vcpus];
        for (int index = 0; index < vcpus; index++)
        {
            _vcpus[index] = _vm.AddVcpu((uint)index);
            HyperVVcpu hyperV = _vcpus[index].HyperV;
            hyperV.IsEnabled = true;
            hyperV.EnforcesFeatures = _model.EnforcedFeatures is not null;
            hyperV.Features = _model.EnforcedFeatures ?? HyperVFeatures.None;
            _model.Vp[index] = (uint)index;
        }
    }

    /// <summary>Runs a machine through random calls.</summary>
    /// <param name="seed">What the run is made of, together with <paramref name="machine"/>.</param>
    /// <param name="machine">Which of the machines of the seed.</param>
    /// <param name="calls">How many.</param>
    /// <returns>Calls that succeeded.</returns>
    /// <exception cref="XunitException">Something differs from the model; it says how to replay.</exception>
    public static int Run(int seed, int machine, int calls)
    {
        int call = 0;
        int succeeded = 0;
        using var run = new HypercallModelRun(
            unchecked(seed + machine), FewestVcpus + machine, _limits[machine % _limits.Length]);
        try
        {
            for (; call < calls; call++)
                succeeded += run.Step() ? 1 : 0;
        }
        catch (Exception exception)
        {
            throw new XunitException(
                $"machine {machine}, call {call}; replay with {SlotModelRun.SeedVariable}={seed}: {exception}",
                exception);
        }
        return succeeded;
    }

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    byte? ReadByte(ulong address) => _pages.TryGetValue(address / PG, out int page)
        ? _memory.AsSpan(((ulong)page * PG) + (address % PG), 1)[0]
        : null;

    bool Step()
    {
        if (_random.Next(32) == 0)
            MoveOne();
        int caller = _random.Next(_vcpus.Length);
        ulong input = PickCall();
        bool isFast = (input >> 16 & 1) != 0;
        ulong first = isFast ? _block[0] : PickAddress();
        if (!isFast)
            Put(first);
        _block.AsSpan(2, _xmm.Length).CopyTo(_xmm);

        ulong? expected = _model.Call(input, first, _block[1], _xmm);
        HypercallOutcome outcome = _vcpus[caller].HyperV.Hypercall(
            new HypercallRegisters(new HypercallInput(input), first, _block[1], _xmm), out HypercallResult result);

        if (outcome != (expected is null ? HypercallOutcome.UndefinedInstruction : HypercallOutcome.Completed)
            || result.Value != (expected ?? 0))
        {
            Fail($"hypercall {input:x} at {first:x}: {outcome} {result.Value:x}, not {expected:x}");
        }
        CompareEffects();
        return expected is { } value && (value & 0xFFFF) == 0;
    }

    void MoveOne()
    {
        int index = _random.Next(_vcpus.Length);
        uint vp = (uint)(_random.Next(3) == 0 ? index : _random.Next(_random.Next(2) == 0 ? 64 : _vm.HyperV.VpLimit));
        if (vp >= (uint)_vm.HyperV.VpLimit)
            return;
        _model.Vp[index] = vp;
        Assert.True(_vcpus[index].HyperV.TrySetVpIndex(new VpIndex(vp)));
    }

    // A call that is right but for what chance changes, and its block in _block.
    ulong PickCall()
    {
        int code = _random.Next(20) == 0 ? _random.Next(0x20) : Pick<int>([0x02, 0x03, 0x0B, 0x13, 0x14, 0x15]);
        bool isEx = code is 0x13 or 0x14 or 0x15;
        ulong mask = _random.Next(4) switch
        {
            0 => 0,
            1 => (ulong)_random.NextInt64() & (ulong)_random.NextInt64() & (ulong)_random.NextInt64(),
            2 => (1UL << _random.Next(65)) - 1,
            _ => (1UL << _random.Next(64)) | (uint)_random.Next(4),
        };
        int words = isEx ? BitOperations.PopCount(mask) : 0;
        int reps = code is 0x03 or 0x14 ? _random.Next(4) == 0 ? _random.Next(4096) : 1 + _random.Next(18) : 0;
        int start = 0;
        switch (_random.Next(24))
        {
            case 0:
                words ^= 1 << _random.Next(10);
                break;
            case 1:
                reps ^= 1 << _random.Next(12);
                break;
            case 2:
                start = _random.Next(4096);
                break;
        }
        ulong input = HypercallInput.Of((HypercallCode)code, _random.Next(3) == 0, words, reps, start).Value;
        if (_random.Next(40) == 0)
            input ^= 1UL << _random.Next(64);
        FillBlock(code, mask);
        return input;
    }

    void FillBlock(int code, ulong mask)
    {
        for (int word = 0; word < _block.Length; word++)
            _block[word] = _random.Next(4) == 0 ? ulong.MaxValue : (ulong)_random.NextInt64() << _random.Next(2);
        if (_random.Next(16) == 0)
        {
            // All ones, or noise.
            if (_random.Next(2) == 0)
                _block.AsSpan().Fill(ulong.MaxValue);
            return;
        }
        bool isIpi = code is 0x0B or 0x15;
        if (isIpi)
            _block[0] = (uint)_random.Next(0x120) | (_random.Next(8) == 0 ? 1UL << _random.Next(32, 64) : 0);
        if (code is 0x13 or 0x14 or 0x15)
        {
            int header = isIpi ? 1 : 2;
            _block[header] = Pick<ulong>([0, 0, 0, 0, 1, 2, ulong.MaxValue]);
            _block[header + 1] = mask;
            return;
        }
        ulong processors = _random.Next(4) == 0 ? 0 : (ulong)_random.NextInt64() & (ulong)_random.NextInt64();
        if (isIpi)
            _block[1] = processors;
        else
            (_block[1], _block[2]) = ((ulong)_random.Next(16), processors);
    }

    ulong PickAddress()
    {
        ulong frame = _random.Next(8) switch
        {
            0 => Pick<ulong>([0, 4, 6, 8]),
            1 => ForbiddenFrame,
            2 => _random.Next(2) == 0 ? ulong.MaxValue >> Page.Shift : 1UL << 40,
            _ => _frames[_random.Next(_frames.Length)],
        };
        ulong offset = _random.Next(4) switch
        {
            0 => 0,
            1 => (ulong)_random.Next(Page.Size),
            // The block ends in the next page, or does not fit where there is none.
            2 => PG - (ulong)_random.Next(1, Places * sizeof(ulong)),
            _ => (ulong)_random.Next(Page.Size / sizeof(ulong)) * sizeof(ulong),
        };
        return (frame * PG) + offset;
    }

    void Put(ulong address)
    {
        for (int at = 0; at < BlockWords * sizeof(ulong);)
        {
            ulong here = unchecked(address + (ulong)at);
            int piece = Math.Min((BlockWords * sizeof(ulong)) - at, Page.Size - (int)(here % PG));
            if (_pages.TryGetValue(here / PG, out int page))
            {
                Span<byte> bytes = _memory.AsSpan(((ulong)page * PG) + (here % PG), piece);
                for (int number = 0; number < bytes.Length; number++)
                    bytes[number] = (byte)(_block[(at + number) / sizeof(ulong)] >> ((at + number) % sizeof(ulong) * 8));
            }
            at += piece;
        }
    }

    void CompareEffects()
    {
        if (_interrupts.Sent.Count != _model.Sent.Count || !_interrupts.Sent.TrueForAll(_model.Sent.Contains))
            Fail($"interrupts {string.Join(' ', _interrupts.Sent)}, not {string.Join(' ', _model.Sent)}");
        _interrupts.Sent.Clear();
        _model.Sent.Clear();
        Span<GvaRange> ranges = stackalloc GvaRange[HyperVVcpu.MaxRanges];
        for (int index = 0; index < _vcpus.Length; index++)
        {
            List<ulong>? asked = _model.Asked[index];
            Vcpu vcpu = _vcpus[index];
            bool isAsked = vcpu.HasRequest(HyperVRequests.TlbFlush) || vcpu.HasRequest(HyperVRequests.TlbFlushGuest);
            if (isAsked != asked is not null)
                Fail($"{vcpu}: asked {isAsked}");
            // Left there now and then, so that queues fill.
            if (asked is null || _random.Next(4) != 0)
                continue;
            GuestTlbFlush kind = vcpu.HyperV.TakeGuestTlbFlush(ranges, out int count);
            bool everything = asked.Contains(ulong.MaxValue);
            if (kind != (everything ? GuestTlbFlush.Everything : GuestTlbFlush.Ranges) || count != (everything ? 0 : asked.Count))
                Fail($"{vcpu}: {kind} of {count}, not of {string.Join(' ', asked)}");
            for (int range = 0; range < count; range++)
            {
                if (ranges[range].Value != asked[range])
                    Fail($"{vcpu}: {ranges[range]}, not {asked[range]:x}");
            }
            _model.Asked[index] = null;
        }
    }

    T Pick<T>(ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];

    static void Fail(string difference) => throw new XunitException(difference);
}

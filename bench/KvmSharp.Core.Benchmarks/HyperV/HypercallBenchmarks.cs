using System;
using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;

namespace KvmSharp.Benchmarks.HyperV;

/// <summary>Whole hypercalls, from registers to result: no target is in guest mode, so nobody is waited for.</summary>
[MemoryDiagnoser]
public class HypercallBenchmarks
{
    const int Seed = 1;
    const ulong Vector = 0xFE;

    readonly ulong[] _xmm = new ulong[HypercallRegisters.XmmHalves];
    readonly GvaRange[] _ranges = new GvaRange[HyperVVcpu.MaxRanges];

    AnonymousMemory _memory = null!;
    VirtualMachine _machine = null!;
    Vcpu _caller = null!;
    int _banks;

    [Params(1, 64, 1024)]
    public int Targets { get; set; }

    [Params(false, true)]
    public bool Shuffled { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _memory = AnonymousMemory.Create(Page.Size);
        _machine = new VirtualMachine();
        _machine.Slots.Add(new Gpa(0), _memory);
        _machine.HyperV.GuestOsId = 1;
        _machine.HyperV.Interrupts = new Nowhere();
        uint[] numbers = new uint[_machine.Vcpus.MaxCount];
        for (uint number = 0; number < numbers.Length; number++)
            numbers[number] = number;
        if (Shuffled)
            new Random(Seed).Shuffle(numbers);
        foreach (uint number in numbers)
            _machine.Vcpus.Create(new VcpuId(number)).HyperV.TrySetVpIndex(new VpIndex(number));
        _machine.Vcpus.TryGet(new VcpuIndex(0), out Vcpu? caller);
        _caller = caller!;
        _caller.HyperV.IsEnabled = true;

        // The first VPs: space and flags or the vector, format, mask, banks.
        _banks = VcpuMask.WordsFor(Targets);
        ulong bank = Targets >= 64 ? ulong.MaxValue : (1UL << Targets) - 1;
        for (int word = 0; word < _banks; word++)
        {
            _machine.Memory.Write(new Gpa((ulong)(4 + word) * sizeof(ulong)), bank);
            _machine.Memory.Write(new Gpa((ulong)(64 + 3 + word) * sizeof(ulong)), bank);
        }
        _machine.Memory.Write(new Gpa(3 * sizeof(ulong)), (1UL << _banks) - 1);
        _machine.Memory.Write(new Gpa(64 * sizeof(ulong)), Vector);
        _machine.Memory.Write(new Gpa((64 + 2) * sizeof(ulong)), (1UL << _banks) - 1);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Benchmark]
    public ulong FlushOfASet() => Call(HypercallCode.FlushVirtualAddressSpaceEx, 0);

    [Benchmark]
    public ulong IpiToASet() => Call(HypercallCode.SendSyntheticClusterIpiEx, 64 * sizeof(ulong));

    [Benchmark]
    public GuestTlbFlush FlushOfOneAndItsService()
    {
        _xmm[0] = 1;
        _caller.HyperV.Hypercall(
            new HypercallRegisters(
                HypercallInput.Of(HypercallCode.FlushVirtualAddressSpace, fast: true), 0, 0, _xmm), out _);
        _machine.HyperV.TryFind(new VpIndex(0), out Vcpu? target);
        return target!.HyperV.TakeGuestTlbFlush(_ranges, out _);
    }

    ulong Call(HypercallCode code, ulong block)
    {
        _caller.HyperV.Hypercall(
            new HypercallRegisters(HypercallInput.Of(code, variableHeaderWords: _banks), block, 0),
            out HypercallResult result);
        return result.Status == HypercallStatus.Success ? result.Value : throw new InvalidOperationException($"{result}");
    }

    sealed class Nowhere : IFixedInterrupts
    {
        public void Deliver(Vcpu target, byte vector)
        {
        }
    }
}

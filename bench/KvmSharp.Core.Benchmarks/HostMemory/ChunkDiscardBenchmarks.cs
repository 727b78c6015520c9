using BenchmarkDotNet.Attributes;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;

namespace KvmSharp.Benchmarks.HostMemory;

/// <summary>
/// A chunk of 2 MiB given back, of 128 MiB that are one slot or 32,763: by guest frames, and slot by slot as one would without
/// knowing their rows. The pages are never touched.
/// </summary>
[MemoryDiagnoser]
public class ChunkDiscardBenchmarks
{
    const ulong TotalPages = 32_763;
    const ulong ChunkPages = 512;

    HostExtent[] _extents = [];
    AnonymousMemory _memory = null!;
    VirtualMachine _machine = null!;

    [Params(1, TotalPages)]
    public ulong Slots { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _memory = AnonymousMemory.Create(TotalPages << Page.Shift);
        _machine = new VirtualMachine();
        ulong pages = TotalPages / Slots;
        SlotTransaction transaction = _machine.Slots.BeginTransaction();
        for (ulong slot = 0; slot < Slots; slot++)
        {
            ulong offset = (slot * pages) << Page.Shift;
            transaction.Set(new MemoryRegion(
                new SlotId((ushort)slot), SlotFlags.None, new Gpa(offset), pages << Page.Shift, _memory.Start + offset)
            {
                Backing = _memory,
            });
        }
        transaction.Apply();
        ulong piece = ulong.Min(pages, ChunkPages);
        _extents = new HostExtent[ChunkPages / piece];
        for (int index = 0; index < _extents.Length; index++)
            _extents[index] = new HostExtent(_memory, ((ulong)index * piece) << Page.Shift, piece << Page.Shift);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _machine.Dispose();
        _memory.Dispose();
    }

    [Benchmark(Baseline = true)]
    public ulong ByGuestFrames() => _machine.Slots.Discard(new GfnRange(default, ChunkPages));

    [Benchmark]
    public void SlotBySlot() => HostMapping.Discard(_extents);
}

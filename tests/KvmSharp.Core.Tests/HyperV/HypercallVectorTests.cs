using System;
using System.Linq;
using KvmSharp.HyperV;
using KvmSharp.HyperV.Hypercalls;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Vcpus;
using Xunit;
using static KvmSharp.HyperV.Hypercalls.HypercallCode;

namespace KvmSharp.Tests.HyperV;

/// <summary>What KVM answers, call by call. Numbers are KVM's.</summary>
public sealed class HypercallVectorTests : IDisposable
{
    const ulong Success = 0;
    const ulong InvalidInput = 3;
    const int Vcpus = 8;
    const ulong Sparse = 0;
    const ulong All = 1;
    const ulong Undefined = 2;
    const ulong Vector = 0xFE;

    readonly HyperVGuest _guest = new(Vcpus);

    public void Dispose() => _guest.Dispose();

    static HypercallInput Input(HypercallCode code, bool fast = false, int words = 0, int reps = 0, int start = 0) =>
        HypercallInput.Of(code, fast, words, reps, start);

    static int[] Everyone(int count = Vcpus) => [.. Enumerable.Range(0, count)];

    [Fact]
    public void H1_writing_the_index_itself_is_no_mismatch()
    {
        Assert.True(_guest.VcpuAt(3).HyperV.TryWriteMsr(HyperVMsr.VpIndex, 3, isHost: true));
        Assert.Equal(0, _guest.Vm.HyperV.MismatchedVpIndices);
    }

    [Fact]
    public void H2_a_vcpu_counts_as_a_mismatch_once_until_it_is_back()
    {
        (uint, int)[] writes = [(7, 1), (9, 1), (3, 0)];
        foreach ((uint vp, int mismatches) in writes)
        {
            Assert.True(_guest.VcpuAt(3).HyperV.TryWriteMsr(HyperVMsr.VpIndex, vp, isHost: true));
            Assert.Equal(mismatches, _guest.Vm.HyperV.MismatchedVpIndices);
            Assert.Equal(new VpIndex(vp), _guest.VcpuAt(3).VpIndex);
        }
    }

    [Fact]
    public void H3_a_vp_index_lies_below_the_most_vcpus_there_may_be()
    {
        Assert.False(_guest.VcpuAt(3).HyperV.TryWriteMsr(HyperVMsr.VpIndex, 1024, isHost: true));
        Assert.Equal(new VpIndex(3), _guest.VcpuAt(3).VpIndex);
        Assert.True(_guest.VcpuAt(3).HyperV.TryWriteMsr(HyperVMsr.VpIndex, (1UL << 32) | 1023, isHost: true));
        Assert.Equal(new VpIndex(1023), _guest.VcpuAt(3).VpIndex);
    }

    [Fact]
    public void H4_a_guest_reads_its_vp_index_and_does_not_write_it()
    {
        Assert.False(_guest.VcpuAt(3).HyperV.TryWriteMsr(HyperVMsr.VpIndex, 7));
        Assert.True(_guest.VcpuAt(3).HyperV.TryReadMsr(HyperVMsr.VpIndex, out ulong value));
        Assert.Equal(3UL, value);
    }

    [Fact]
    public void H5_no_processor_means_all()
    {
        Assert.Equal(Success, _guest.Call(Input(FlushVirtualAddressSpace), 0, 0, 0));
        Assert.Equal(Everyone(), _guest.TakeFlushed());
    }

    [Fact]
    public void H6_a_mask_means_its_processors()
    {
        Assert.Equal(Success, _guest.Call(Input(FlushVirtualAddressSpace), 0, 0, 0b110));
        Assert.Equal([1, 2], _guest.TakeFlushed());
        Assert.Equal(Success, _guest.Call(Input(FlushVirtualAddressSpace), 0, 1, 0b110));
        Assert.Equal(Everyone(), _guest.TakeFlushed());
    }

    [Theory]
    [InlineData(FlushVirtualAddressList, 0, 0, 0)] // H7
    [InlineData(FlushVirtualAddressList, 5, 1, 0)] // H9
    [InlineData(FlushVirtualAddressSpace, 1, 0, 0)] // H10
    [InlineData(FlushVirtualAddressSpace, 0, 0, 1)] // H11
    [InlineData(FlushVirtualAddressSpace, 0, 1, 0)]
    [InlineData(FlushVirtualAddressList, 1, 0, 1)]
    [InlineData(FlushVirtualAddressSpaceEx, 1, 0, 0)]
    [InlineData(FlushVirtualAddressListEx, 0, 0, 0)]
    [InlineData(FlushVirtualAddressListEx, 1, 1, 0)]
    [InlineData(SendSyntheticClusterIpi, 1, 0, 0)]
    [InlineData(SendSyntheticClusterIpi, 0, 0, 1)]
    [InlineData(SendSyntheticClusterIpiEx, 1, 0, 0)]
    public void H7_H9_to_H11_a_call_has_the_form_that_is_its_own(HypercallCode code, int reps, int start, int words)
    {
        // Valid for every call as far as the block goes.
        Assert.Equal(InvalidInput, _guest.Call(Input(code, words: words, reps: reps, start: start), 0x20, 0, 0, 0));
        Assert.Empty(_guest.TakeFlushed());
        Assert.Empty(_guest.Interrupts.Sent);
    }

    [Fact]
    public void H8_all_elements_of_a_list_are_done_at_once()
    {
        Assert.Equal(
            0x0000_0005_0000_0000UL,
            _guest.Call(Input(FlushVirtualAddressList, reps: 5), 0, 0, 0b10, 0x1000, 0x2000, 0x3000, 0x4000, 0x5002));
        (int Index, GuestTlbFlush Kind, GvaRange[] Ranges) = Assert.Single(
            _guest.AllFlushes(), flush => flush.Kind != GuestTlbFlush.None);
        Assert.Equal((1, GuestTlbFlush.Ranges), (Index, Kind));
        Assert.Equal([0x1000, 0x2000, 0x3000, 0x4000, 0x5000], Ranges.Select(range => range.Start));
        Assert.Equal([1, 1, 1, 1, 3], Ranges.Select(range => range.PageCount));
    }

    [Fact]
    public void H12_there_is_a_word_for_each_bank()
    {
        Assert.Equal(InvalidInput, _guest.Call(Input(FlushVirtualAddressSpaceEx, words: 1), 0, 0, Sparse, 0b11, 2, 2));
        Assert.Equal(InvalidInput, _guest.Call(Input(FlushVirtualAddressSpaceEx, words: 1), 0, 0, All, 0b11, 2, 2));
        Assert.Equal(InvalidInput, _guest.Call(Input(SendSyntheticClusterIpiEx, words: 1), Vector, All, 0b11, 2, 2));
        Assert.Empty(_guest.TakeFlushed());
    }

    [Theory]
    [InlineData(Sparse, false)] // H13
    [InlineData(All, true)] // H14
    [InlineData(Undefined, true)] // H15
    public void H13_to_H15_any_format_but_the_sparse_one_flushes_all(ulong format, bool everyone)
    {
        Assert.Equal(Success, _guest.Call(Input(FlushVirtualAddressSpaceEx), 0, 0, format, 0));
        Assert.Equal(everyone ? Everyone() : [], _guest.TakeFlushed());
    }

    [Theory]
    [InlineData(Undefined, false)] // H16
    [InlineData(All, true)]
    public void H16_no_format_but_one_sends_to_all(ulong format, bool everyone)
    {
        Assert.Equal(Success, _guest.Call(Input(SendSyntheticClusterIpiEx), Vector, format, 0));
        Assert.Equal(everyone ? Everyone() : [], _guest.Interrupts.Sent.Select(sent => sent.Index));
    }

    [Fact]
    public void H17_a_set_has_a_word_for_each_bank_of_its_mask()
    {
        _guest.SetVp(6, 129);
        Assert.Equal(
            Success, _guest.Call(Input(FlushVirtualAddressSpaceEx, words: 2), 0, 0, Sparse, 0b101, 1 << 5, 1 << 1));
        Assert.Equal([5, 6], _guest.TakeFlushed());
    }

    [Fact]
    public void H18_banks_that_no_vcpu_can_be_in_are_passed_over()
    {
        Assert.Equal(
            Success, _guest.Call(Input(FlushVirtualAddressSpaceEx, words: 1), 0, 0, Sparse, 1 << 20, ulong.MaxValue));
        Assert.Empty(_guest.TakeFlushed());
    }

    [Theory]
    [InlineData(FlushVirtualAddressSpaceEx, 11, false)] // H19
    [InlineData(FlushVirtualAddressSpaceEx, 10, true)]
    [InlineData(SendSyntheticClusterIpiEx, 12, false)] // H20
    [InlineData(SendSyntheticClusterIpiEx, 11, true)]
    public void H19_H20_registers_hold_so_many_banks(HypercallCode code, int words, bool fits)
    {
        ulong mask = (1UL << words) - 1;
        bool isFlush = code == FlushVirtualAddressSpaceEx;
        ulong result = isFlush
            ? _guest.CallFast(Input(code, fast: true, words), 0, 0, Sparse, mask, 0b10)
            : _guest.CallFast(Input(code, fast: true, words), Vector, Sparse, mask, 0b10);

        Assert.Equal(fits ? Success : InvalidInput, result);
        Assert.Equal(fits && isFlush ? [1] : [], _guest.TakeFlushed());
        Assert.Equal(fits && !isFlush ? [(1, (byte)Vector)] : [], _guest.Interrupts.Sent);
    }

    [Fact]
    public void H21_fast_input_has_nothing_beside_the_vector()
    {
        Assert.Equal(InvalidInput, _guest.CallFast(Input(SendSyntheticClusterIpi, fast: true), 0x1_0000_00FE, 0b10));
        Assert.Empty(_guest.Interrupts.Sent);
        // In memory nobody looks.
        Assert.Equal(Success, _guest.Call(Input(SendSyntheticClusterIpi), 0x1_0000_00FE, 0b10));
        Assert.Equal([(1, (byte)Vector)], _guest.Interrupts.Sent);
    }

    [Theory]
    [InlineData(0x0F, false)]
    [InlineData(0x10, true)]
    [InlineData(0xFF, true)]
    [InlineData(0x100, false)]
    public void H22_a_vector_is_one_that_devices_have(ulong vector, bool allowed)
    {
        Assert.Equal(allowed ? Success : InvalidInput, _guest.Call(Input(SendSyntheticClusterIpi), vector, 0b100));
        Assert.Equal(allowed ? [(2, (byte)vector)] : [], _guest.Interrupts.Sent);
        // To nobody, and looked at all the same.
        Assert.Equal(allowed ? Success : InvalidInput, _guest.Call(Input(SendSyntheticClusterIpi), vector, 0));
    }

    [Fact]
    public void H23_nobody_looks_at_the_vector_for_an_empty_sparse_set()
    {
        Assert.Equal(Success, _guest.Call(Input(SendSyntheticClusterIpiEx), 0, Sparse, 0));
        Assert.Empty(_guest.Interrupts.Sent);
    }

    [Theory]
    [InlineData(27)]
    [InlineData(31)]
    [InlineData(44)]
    [InlineData(47)]
    [InlineData(60)]
    [InlineData(63)]
    public void H24_reserved_bits_are_refused(int bit)
    {
        ulong input = Input(FlushVirtualAddressSpace).Value | (1UL << bit);
        Assert.Equal(InvalidInput, _guest.Call(new HypercallInput(input), 0, 0, 0));
        Assert.Equal(InvalidInput, _guest.Call(new HypercallInput(0xBEEF | (1UL << bit))));
        Assert.Empty(_guest.TakeFlushed());
    }

    [Fact]
    public void H25_other_calls_are_unknown() => Assert.Equal(2UL, _guest.Call(new HypercallInput(0xBEEF)));

    [Fact]
    public void H26_a_set_means_vp_indices_not_vcpu_indices()
    {
        _guest.SetVp(0, 10);
        _guest.SetVp(1, 11);
        _guest.SetVp(2, 0);
        Assert.Equal(Success, _guest.Call(Input(FlushVirtualAddressSpace), 0, 0, 0b1));
        Assert.Equal([2], _guest.TakeFlushed());
    }

    [Fact]
    public void H27_a_vp_index_that_two_have_means_both()
    {
        _guest.SetVp(7, 5);
        Assert.Equal(Success, _guest.Call(Input(FlushVirtualAddressSpace), 0, 0, 1 << 5));
        Assert.Equal([5, 7], _guest.TakeFlushed());
        Assert.True(_guest.Vm.HyperV.TryFind(new VpIndex(5), out Vcpu? found));
        Assert.Same(_guest.VcpuAt(5), found);

        _guest.SetVp(5, 100);
        _guest.SetVp(6, 5);
        Assert.True(_guest.Vm.HyperV.TryFind(new VpIndex(5), out found));
        Assert.Same(_guest.VcpuAt(6), found);
        Assert.False(_guest.Vm.HyperV.TryFind(new VpIndex(7), out _));
        Assert.False(_guest.Vm.HyperV.TryFind(new VpIndex(1024), out _));
    }

    [Fact]
    public void H28_a_block_of_zeros_has_no_vector() =>
        Assert.Equal(InvalidInput, _guest.CallAt(Input(SendSyntheticClusterIpi), 2 * HyperVGuest.Block));

    [Theory]
    [InlineData(SendSyntheticClusterIpi)]
    [InlineData(SendSyntheticClusterIpiEx)]
    public void H29_without_local_APICs_there_are_no_IPIs(HypercallCode code)
    {
        using var bare = new HyperVGuest(Vcpus, hasApics: false);
        Assert.Equal(InvalidInput, bare.Call(Input(code), Vector, 0, 0));
    }
}

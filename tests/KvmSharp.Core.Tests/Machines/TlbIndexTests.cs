using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Vcpus;
using Xunit;

namespace KvmSharp.Tests.Machines;

/// <summary>The entry a page falls into: spread for round addresses, and never shared by pages side by side.</summary>
public sealed class TlbIndexTests
{
    // 52 bits of guest physical address, and the page numbers around every power of two in it.
    const int GuestPageBits = 40;

    [Fact]
    public void Pages_side_by_side_never_share_an_entry()
    {
        for (int bit = 0; bit <= GuestPageBits; bit++)
        {
            for (long near = -2; near <= 2; near++)
            {
                ulong page = unchecked((1UL << bit) + (ulong)near);
                Assert.NotEqual(
                    GuestMemory.OffsetOf(page << Page.Shift), GuestMemory.OffsetOf(unchecked(page + 1) << Page.Shift));
            }
        }
    }

    [Theory]
    [InlineData(0x1000_0000, 0x2000_0000)]
    [InlineData(0x0000_0000, 0x4000_0000)]
    [InlineData(0x8000_0000, 0x8040_0000)]
    public void Round_addresses_fall_into_different_entries(ulong code, ulong data) =>
        Assert.NotEqual(GuestMemory.OffsetOf(code), GuestMemory.OffsetOf(data));

    [Fact]
    public void An_access_over_a_border_whose_far_page_is_cached_does_not_take_the_far_page_for_the_near_one()
    {
        using AnonymousMemory near = AnonymousMemory.Create(Page.Size);
        using AnonymousMemory far = AnonymousMemory.Create(Page.Size);
        using var machine = new VirtualMachine();
        var border = new Gpa(0x8000_0000);
        machine.Slots.Add(new Gpa(border.Value - Page.Size), near);
        machine.Slots.Add(border, far);
        Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
        near.WriteUInt64(Page.Size - 8, 0x1111_1111_2222_2222);
        far.WriteUInt64(0, 0x3333_3333_4444_4444);
        Assert.True(vcpu.Memory.TryRead(border, out ulong cached));

        Assert.True(vcpu.Memory.TryRead(new Gpa(border.Value - 4), out ulong crossing));

        Assert.Equal(0x3333_3333_4444_4444UL, cached);
        Assert.Equal(0x4444_4444_1111_1111UL, crossing);
    }
}

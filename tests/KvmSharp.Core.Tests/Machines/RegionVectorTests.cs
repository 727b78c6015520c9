using System.Collections.Generic;
using Xunit;
using static KvmSharp.KvmErrno;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Machines;

/// <summary>The memory-region vectors that were run on a real <c>/dev/kvm</c>, in their order, in one machine.</summary>
public sealed class RegionVectorTests
{
    const uint Log = 1;
    const uint ReadOnly = 2;
    const ulong H = 0x7000_0000_0000;
    const ulong MostPages = (1UL << 31) - 1;

    // Generations advance although the call is refused: the slot was hidden and came back.
    static readonly HashSet<string> _refusedWhileHidden = ["M44"];

    // Rows in words come between the numbered ones.
    static readonly (string Id, uint Slot, uint Flags, ulong Gpa, ulong Size, ulong Hva, KvmErrno Expected)[] _rows =
    [
        ("M01", 0, 0, 0, PG, H, None),
        ("M02", 0, 0, 0, PG, H, None),
        ("R04", 1, 4, MB, PG, H, EBADF),
        ("R07", 1, 8, MB, PG, H, EINVAL),
        ("M05", 1, 0, MB, PG + 1, H, EINVAL),
        ("M06", 1, 0, MB + 512, PG, H, EINVAL),
        ("M07", 1, 0, MB, PG, H + 512, EINVAL),
        ("M08", 1, 0, MB, PG, 0xffff_8000_0000_0000, EINVAL),
        ("M10", 1, 0, MB, 2 * PG, 0x7fff_ffff_e000, EINVAL),
        ("M11", 32764, 0, MB, PG, H, EINVAL),
        ("M12", 0xffff, 0, MB, PG, H, EINVAL),
        ("M13", 32763, 0, 2 * MB, PG, H, None),
        ("M15", 0x20000, 0, MB, PG, H, EINVAL),
        ("M16", 1, 0, 0xffff_ffff_ffff_f000, 2 * PG, H, EINVAL),
        ("M17", 1, 0, 0, (MostPages + 1) * PG, PG, EINVAL),
        ("M18", 1, 0, 0, MostPages * PG, PG, EEXIST),
        ("M20", 0, 0, 7, 0, H, EINVAL),
        ("M21", 0, 0, 0, 0, H + 1, EINVAL),
        ("M22", 0, 8, 0, 0, H, EINVAL),
        ("M23", 0, 0, 0, 0, 0xffff_8000_0000_0000, EINVAL),
        ("M25", 0, 0, 0, PG, H + PG, EINVAL),
        ("resize", 0, 0, 0, 2 * PG, H, EINVAL),
        ("M26", 0, ReadOnly, 0, PG, H, EINVAL),
        ("M27", 0, Log, 0, PG, H, None),
        ("M28", 0, Log, 16 * MB, PG, H, None),
        ("M29", 1, 0, 0, 16 * PG, H + MB, None),
        ("M30", 0, Log, 0, PG, H, EEXIST),
        ("M31", 0, 0, 17 * MB, PG, H, None),
        ("M32", 1, 0, PG, 16 * PG, H + MB, None),
        ("M33", 2, 0, 16 * PG, PG, H + 2 * MB, EEXIST),
        ("M34", 2, 0, 17 * PG, PG, H + 2 * MB, None),
        ("M35", 3, 0, 0, MB, H + 3 * MB, EEXIST),
        ("M36", 3, 0, 0, PG, H + 3 * MB, None),
        ("M37", 4, 0, 32 * MB, PG, H + 3 * MB, None),
        ("M38", 5, 0, 33 * MB, 8 * PG, H + 3 * MB - 4 * PG, None),
        ("M40", 7, 0, 35 * MB, PG, 0, None),
        ("M41", 8, 0, 1UL << 52, PG, H, EINVAL),
        ("M42", 8, 0, (1UL << 52) - PG, PG, H, None),
        ("M43", 9, 0, (1UL << 52) - PG, 2 * PG, H, EEXIST),
        ("M43 alone", 9, 0, 1UL << 52, 2 * PG, H, EINVAL),
        ("M44", 7, 0, 1UL << 52, PG, 0, EINVAL),
        ("M45", 9, 0, 35 * MB, PG, H, EEXIST),
        ("M46", 7, 0, 0, 0, 0, None),
        ("M47", 9, 0, 35 * MB, PG, H, None),
        ("M49", 9, 0, 0, 0, 0, None),
        ("M50", 9, 0, 0, 0, 0, EINVAL),
        ("M51", 10, ReadOnly, 40 * MB, PG, H, None),
        ("M52", 10, 0, 40 * MB, PG, H, EINVAL),
        ("M53", 10, ReadOnly | Log, 40 * MB, PG, H, None),
        ("M55", 10, Log, 0, 0, 0, None),
        ("M55b", 12, 0, 60 * MB, PG, 0x7fff_ffff_e000, None),
        ("M55c", 13, 0, 61 * MB, PG, 0x7fff_ffff_f000, EINVAL),
        ("M55d", 13, 0, 0xffff_ffff_ffff_f000, PG, H, EINVAL),
        ("size 0 at the top of user space", 12, 0, 0, 0, 0x7fff_ffff_f000, None),
        ("size 0 above it", 0, 0, 0, 0, 0x8000_0000_0000, EINVAL),
        ("the other space", 0x1_0000, 0, 17 * MB, PG, H, None),
    ];

    [Theory, EveryStore]
    public void The_calls_end_as_they_do_on_KVM_and_a_refused_one_changes_nothing(Store store)
    {
        using VirtualMachine vm = Create(store);
        foreach ((string id, uint slot, uint flags, ulong gpa, ulong size, ulong hva, KvmErrno expected) in _rows)
        {
            string before = vm.Describe();
            (ulong Normal, ulong Management) generations = (vm.Generation(0), vm.Generation(1));

            KvmErrno errno = vm.Set(slot, flags, gpa, size, hva);

            Assert.True(errno == expected, $"{id}: {errno} instead of {expected}");
            vm.CheckInvariants();
            if (errno == None)
                continue;
            Assert.True(before == vm.Describe(), $"{id}: from\n{before}to\n{vm.Describe()}");
            ulong advance = _refusedWhileHidden.Contains(id) ? 4UL : 0;
            Assert.True((generations.Normal + advance, generations.Management) == (vm.Generation(0), vm.Generation(1)), id);
        }
    }

    [Theory, EveryStore]
    public void The_last_frame_is_the_limit_also_for_a_slot_that_straddles_it(Store store)
    {
        using VirtualMachine vm = Create(store);

        Assert.Equal(EINVAL, vm.Set(9, 0, (1UL << 52) - PG, 2 * PG, H));
        Assert.Equal(None, vm.Set(9, 0, (1UL << 52) - PG, PG, H));
    }

    [Theory, EveryStore]
    public void A_dead_machine_refuses_before_anything_else(Store store)
    {
        VirtualMachine vm = Create(store);
        vm.Dispose();

        Assert.Equal(EIO, vm.Set(0, 0, 0, PG, H));
        Assert.Equal(EIO, vm.Set(0xffff, 0x80, 1, 1, 1));
    }
}

using System;
using System.Buffers.Binary;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Random operands with a bias to where arithmetic changes its ways.</summary>
static class EdgeValues
{
    static readonly ulong[] _integers =
    [
        0, 1, 2, 3, 7, 8, 0xf, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000,
        0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000,
        0x8000_0000_0000_0001, 0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff, 0x5555_5555_5555_5555, 0xaaaa_aaaa_aaaa_aaaa,
        0xffff_ffff_8000_0000, 0xffff_ffff_ffff_ff80, 0xffff_ffff_ffff_8000, 0x0102_0408_1020_4080,
    ];

    static readonly uint[] _singles =
    [
        0x0000_0000, 0x0000_0001, 0x0040_0000, 0x007f_ffff, 0x0080_0000, 0x0080_0001, 0x3f80_0000, 0x3f7f_ffff, 0x3f80_0001,
        0x3f00_0000, 0x4000_0000, 0x4040_0000, 0x4b00_0000, 0x4b00_0001, 0x4effffff, 0x4f00_0000, 0x5eff_ffff, 0x5f00_0000,
        0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fa0_0000, 0x7fc0_0000, 0x7fff_ffff, 0x3fc0_0000, 0x4020_0000, 0x2000_0000,
        0x1f80_0000, 0x6000_0000,
    ];

    static readonly ulong[] _doubles =
    [
        0, 1, 0x0008_0000_0000_0000, 0x000f_ffff_ffff_ffff, 0x0010_0000_0000_0000, 0x0010_0000_0000_0001, 0x3ff0_0000_0000_0000,
        0x3fef_ffff_ffff_ffff, 0x3ff0_0000_0000_0001, 0x3fe0_0000_0000_0000, 0x4000_0000_0000_0000, 0x4008_0000_0000_0000,
        0x4330_0000_0000_0000, 0x4330_0000_0000_0001, 0x41df_ffff_ffc0_0000, 0x41e0_0000_0000_0000, 0x43df_ffff_ffff_ffff,
        0x43e0_0000_0000_0000, 0x7fef_ffff_ffff_ffff, 0x7ff0_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7ff4_0000_0000_0000,
        0x7ff8_0000_0000_0000, 0x7fff_ffff_ffff_ffff, 0x3ff8_0000_0000_0000, 0x47ef_ffff_e000_0000, 0x47ef_ffff_f000_0000,
        0x3810_0000_0000_0000, 0x380f_ffff_ffff_ffff, 0x36a0_0000_0000_0000, 0x3690_0000_0000_0000, 0x1ff0_0000_0000_0000,
    ];

    static readonly ulong[] _significands =
    [
        0x8000_0000_0000_0000, 0x8000_0000_0000_0001, 0xffff_ffff_ffff_ffff, 0xc000_0000_0000_0000, 0xa000_0000_0000_0000, 0,
        1, 0x7fff_ffff_ffff_ffff, 0x4000_0000_0000_0000, 0xffff_ff00_0000_0000, 0xffff_ff80_0000_0000, 0xffff_ffff_ffff_f800,
        0xffff_ffff_ffff_fc00, 0x8000_0100_0000_0000, 0x8000_0000_0000_0800, 0xc90f_daa2_2168_c235, 0xb504_f333_f9de_6484,
        0x8000_0000_0000_0400, 0x8000_0080_0000_0000,
    ];

    static readonly ushort[] _exponents =
    [
        0, 1, 2, 0x3fff, 0x3ffe, 0x4000, 0x4001, 0x400e, 0x400f, 0x401d, 0x401e, 0x403d, 0x403e, 0x403f, 0x7ffe, 0x7fff, 0x3fbf, 0x3fc0,
        0x3f80, 0x3f81, 0x407e, 0x407f, 0x3c00, 0x3c01, 0x43fe, 0x43ff, 0x3f69, 0x3f6a, 0x3bcd, 0x3bcc, 0x1fff, 0x6000, 0x403a, 0x403b,
    ];

    /// <summary>A general register's value.</summary>
    public static ulong Integer(RandomSource random) => random.Below(8) switch
    {
        0 or 1 => random.Pick<ulong>(_integers),
        2 => (ulong)(long)(sbyte)random.Next(),
        3 => random.Next() & 0xff,
        4 => 1UL << random.Below(64),
        5 => random.Next() >> random.Below(64),
        _ => random.Next(),
    };

    /// <summary>The bits of a binary32 number.</summary>
    public static uint Single(RandomSource random)
    {
        uint bits = random.Below(8) switch
        {
            0 or 1 => random.Pick<uint>(_singles),
            2 => (uint)random.Next(),
            3 => (uint)BitConverter.SingleToInt32Bits((int)random.Next() >> random.Below(32)),
            4 => (random.Pick<uint>(_singles) + (uint)random.Below(5) - 2) & 0x7fff_ffff,
            _ => (uint)((random.Next() & 0x7f_ffff) | (uint)((127 + random.Below(41) - 20) << 23)),
        };
        return bits ^ (random.OneIn(2) ? 0x8000_0000 : 0);
    }

    /// <summary>The bits of a binary64 number.</summary>
    public static ulong Double(RandomSource random)
    {
        ulong bits = random.Below(8) switch
        {
            0 or 1 => random.Pick<ulong>(_doubles),
            2 => random.Next(),
            3 => (ulong)BitConverter.DoubleToInt64Bits((long)random.Next() >> random.Below(64)),
            4 => (random.Pick<ulong>(_doubles) + (ulong)random.Below(5) - 2) & 0x7fff_ffff_ffff_ffff,
            _ => (random.Next() & 0xf_ffff_ffff_ffff) | ((ulong)(1023 + random.Below(81) - 40) << 52),
        };
        return bits ^ (random.OneIn(2) ? 0x8000_0000_0000_0000 : 0);
    }

    /// <summary>An x87 register's ten bytes: any class, the unsupported ones included.</summary>
    public static void Extended(RandomSource random, Span<byte> into)
    {
        ulong significand = random.Below(4) switch
        {
            0 => random.Pick<ulong>(_significands),
            1 => ulong.MaxValue << random.Below(64),
            _ => random.Next() | 0x8000_0000_0000_0000,
        };
        int exponent = random.Below(6) switch
        {
            0 => random.Pick<ushort>(_exponents),
            1 => random.Below(0x8000),
            2 => 0x3fff + random.Below(128),
            _ => 0x3fff + random.Below(41) - 20,
        };
        if (random.OneIn(16))
            significand = 0;
        if (significand == 0 && !random.OneIn(8))
            exponent = 0;
        if (significand >> 63 == 0 && !random.OneIn(8))
            exponent = 0;
        BinaryPrimitives.WriteUInt64LittleEndian(into, significand);
        BinaryPrimitives.WriteUInt16LittleEndian(into[8..], (ushort)(exponent | (random.OneIn(2) ? 0x8000 : 0)));
    }

    /// <summary>A vector's sixteen bytes: lanes of one kind, or any bits.</summary>
    public static void Vector(RandomSource random, Span<byte> into)
    {
        switch (random.Below(4))
        {
            case 0:
                for (int i = 0; i < 16; i += sizeof(uint))
                    BinaryPrimitives.WriteUInt32LittleEndian(into[i..], Single(random));
                break;
            case 1:
                for (int i = 0; i < 16; i += sizeof(ulong))
                    BinaryPrimitives.WriteUInt64LittleEndian(into[i..], Double(random));
                break;
            default:
                for (int i = 0; i < 16; i += sizeof(ulong))
                    BinaryPrimitives.WriteUInt64LittleEndian(into[i..], Integer(random));
                break;
        }
    }
}

using System;
using System.Collections.Generic;
using KvmSharp.HyperV;

namespace KvmSharp.Tests.HyperV;

/// <summary>Hypercalls done one bit and one byte at a time, in the words of the specification.</summary>
/// <param name="vcpus">vCPUs.</param>
/// <param name="limit">VP indices lie below this.</param>
/// <param name="readByte">A byte of guest memory, or nothing.</param>
sealed class HypercallModel(int vcpus, int limit, Func<ulong, byte?> readByte)
{
    const int QueuePlaces = 16;
    const ulong Everything = ulong.MaxValue;

    public uint[] Vp { get; } = new uint[vcpus];

    public bool HasApics { get; set; }

    public bool ReadsLists { get; set; }

    public HyperVFeatures? EnforcedFeatures { get; set; }

    /// <summary>Per vCPU: what is queued, or nothing if it was not asked.</summary>
    public List<ulong>?[] Asked { get; } = new List<ulong>?[vcpus];

    public List<(int Index, byte Vector)> Sent { get; } = [];

    /// <summary>The result of a call, or nothing where the instruction is undefined.</summary>
    public ulong? Call(ulong input, ulong first, ulong second, ulong[] xmm)
    {
        int code = (int)(input & 0xFFFF);
        bool fast = Bit(input, 16);
        int words = (int)(input >> 17 & 0x3FF);
        int reps = (int)(input >> 32 & 0xFFF);
        int start = (int)(input >> 48 & 0xFFF);
        if (EnforcedFeatures is { } told && (Needed(code) & ~told) != 0)
            return 6;
        for (int bit = 0; bit < 64; bit++)
        {
            if (Bit(input, bit) && (bit is >= 27 and <= 31 or >= 44 and <= 47 or >= 60))
                return 3;
        }
        bool takesXmm = code is 0x02 or 0x03 or 0x13 or 0x14 or 0x15;
        if (fast && takesXmm && EnforcedFeatures is { } known && (known & HyperVFeatures.XmmInput) == 0)
            return null;
        if (code is not (0x02 or 0x03 or 0x0B or 0x13 or 0x14 or 0x15))
            return 2;
        if (code is 0x02 or 0x03 or 0x0B && words != 0)
            return 3;
        if (start != 0 || (code is 0x03 or 0x14) != (reps > 0))
            return 3;

        ulong? Word(int at)
        {
            if (fast)
                return at switch { 0 => first, 1 => second, < 14 => xmm[at - 2], _ => null };
            ulong value = 0;
            for (ulong number = 0; number < 8; number++)
            {
                UInt128 address = (UInt128)first + ((ulong)at * 8) + number;
                if (address > ulong.MaxValue || readByte((ulong)address) is not { } part)
                    return null;
                value |= (ulong)part << (int)(number * 8);
            }
            return value;
        }
        return code is 0x0B or 0x15 ? SendIpi(code, fast, words, Word) : Flush(code, fast, words, reps, Word);
    }

    ulong Flush(int code, bool fast, int words, int reps, Func<int, ulong?> word)
    {
        ulong success = (ulong)reps << 32;
        bool ex = code is 0x13 or 0x14;
        for (int at = 0; at < (ex ? 4 : 3); at++)
        {
            if (word(at) is null)
                return 3;
        }
        var set = new HashSet<uint>();
        bool all;
        int list;
        if (ex)
        {
            all = word(2) != 0;
            ulong mask = word(3)!.Value;
            if (Members(mask) != words)
                return 3;
            if (!all && words == 0)
                return success;
            if (!all && !ReadSet(mask, 4, fast, word, set))
                return 3;
            list = 4 + words;
        }
        else
        {
            all = Bit(word(1)!.Value, 0) || word(2) == 0;
            AddBank(set, 0, word(2)!.Value);
            list = 3;
        }

        List<ulong> ranges = [];
        if (ReadsLists && code is 0x03 or 0x14 && reps <= QueuePlaces)
        {
            for (int at = 0; at < reps; at++)
            {
                if (word(list + at) is not { } range)
                    return 3;
                ranges.Add(range);
            }
        }
        for (int vcpu = 0; vcpu < Vp.Length; vcpu++)
        {
            if (!all && !set.Contains(Vp[vcpu]))
                continue;
            List<ulong> queue = Asked[vcpu] ??= [];
            if (ranges.Count > 0 && ranges.Count < QueuePlaces - queue.Count)
                queue.AddRange(ranges);
            else if (queue.Count < QueuePlaces)
                queue.Add(Everything);
        }
        return success;
    }

    ulong SendIpi(int code, bool fast, int words, Func<int, ulong?> word)
    {
        if (!HasApics)
            return 3;
        for (int at = 0; at < (code == 0x15 ? 3 : 2); at++)
        {
            if (word(at) is null)
                return 3;
        }
        var set = new HashSet<uint>();
        bool all = false;
        if (code == 0x15)
        {
            all = word(1) == 1;
            ulong mask = word(2)!.Value;
            if (Members(mask) != words)
                return 3;
            if (!all && words == 0)
                return 0;
            if (!all && !ReadSet(mask, 3, fast, word, set))
                return 3;
        }
        else
        {
            if (fast && word(0) >> 32 != 0)
                return 3;
            AddBank(set, 0, word(1)!.Value);
        }
        uint vector = (uint)word(0)!.Value;
        if (vector is < 0x10 or > 0xFF)
            return 3;
        for (int vcpu = 0; vcpu < Vp.Length; vcpu++)
        {
            if (all || set.Contains(Vp[vcpu]))
                Sent.Add((vcpu, (byte)vector));
        }
        return 0;
    }

    // Banks that no VP index can lie in are not read, unless they are in registers, where they have to be.
    bool ReadSet(ulong mask, int at, bool fast, Func<int, ulong?> word, HashSet<uint> set)
    {
        int room = Math.Min(64, (limit + 63) / 64);
        int read = 0;
        for (int bank = 0; bank < 64; bank++)
        {
            if (!Bit(mask, bank))
                continue;
            ulong? members = word(at++);
            if (members is null && (fast || read < room))
                return false;
            if (read++ < room)
                AddBank(set, bank, members!.Value);
        }
        return true;
    }

    static void AddBank(HashSet<uint> set, int bank, ulong members)
    {
        for (int bit = 0; bit < 64; bit++)
        {
            if (Bit(members, bit))
                set.Add((uint)((bank * 64) + bit));
        }
    }

    static int Members(ulong mask)
    {
        int count = 0;
        for (int bit = 0; bit < 64; bit++)
            count += Bit(mask, bit) ? 1 : 0;
        return count;
    }

    static HyperVFeatures Needed(int code) => code switch
    {
        0x02 or 0x03 => HyperVFeatures.RemoteTlbFlush,
        0x13 or 0x14 => HyperVFeatures.RemoteTlbFlush | HyperVFeatures.ExProcessorMasks,
        0x0B => HyperVFeatures.ClusterIpi,
        0x15 => HyperVFeatures.ClusterIpi | HyperVFeatures.ExProcessorMasks,
        _ => HyperVFeatures.None,
    };

    static bool Bit(ulong value, int bit) => (value >> bit & 1) != 0;
}

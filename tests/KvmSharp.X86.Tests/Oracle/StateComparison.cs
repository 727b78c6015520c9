using System;
using System.Globalization;
using System.Text;

namespace KvmSharp.X86.Tests.Oracle;

/// <summary>Finds where two states differ, undefined flags and what FXSAVE leaves to the processor's model aside.</summary>
static class StateComparison
{
    // FXSAVE's image: last opcode and pointers (stored by some models only while an exception is pending), the mask of
    // MXCSR, and what lies behind XMM15.
    static readonly (int Start, int Length)[] _compared = [(0, 5), (24, 4), (32, 384)];

    static readonly string[] _names =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    /// <summary>Whether two states agree. Costs no allocation.</summary>
    public static bool AreEqual(UserState expected, UserState actual, ulong undefinedFlags)
    {
        if (!expected.Gprs.SequenceEqual(actual.Gprs) || ((expected.Rflags ^ actual.Rflags) & ~undefinedFlags & Flags) != 0)
            return false;
        foreach ((int start, int length) in _compared)
        {
            if (!expected.Fx.Slice(start, length).SequenceEqual(actual.Fx.Slice(start, length)))
                return false;
        }

        return true;
    }

    /// <summary>Says what differs, a line each: before, on the host's CPU, on ours.</summary>
    public static string Describe(UserState before, UserState expected, UserState actual, ulong undefinedFlags)
    {
        StringBuilder text = new();
        for (int i = 0; i < 16; i++)
            Line(text, _names[i], before.Gprs[i], expected.Gprs[i], actual.Gprs[i]);
        ulong mask = ~undefinedFlags & Flags;
        Line(text, "rflags", before.Rflags & mask, expected.Rflags & mask, actual.Rflags & mask);
        Line(text, "fcw", before.ControlWord, expected.ControlWord, actual.ControlWord);
        Line(text, "fsw", before.StatusWord, expected.StatusWord, actual.StatusWord);
        Line(text, "tags", before.Tags, expected.Tags, actual.Tags);
        Line(text, "mxcsr", before.Mxcsr, expected.Mxcsr, actual.Mxcsr);
        for (int i = 0; i < 8; i++)
            Line(text, $"st{i}", before.St(i), expected.St(i), actual.St(i));
        for (int i = 0; i < 16; i++)
            Line(text, $"xmm{i}", before.Xmm(i), expected.Xmm(i), actual.Xmm(i));
        return text.ToString();
    }

    /// <summary>A line for each register that is not zero.</summary>
    public static string DescribeNonzero(UserState state)
    {
        StringBuilder text = new();
        void Line(string name, ulong value)
        {
            if (value != 0)
                text.AppendLine(CultureInfo.InvariantCulture, $"  {name} {value:x}");
        }
        for (int i = 0; i < 16; i++)
            Line(_names[i], state.Gprs[i]);
        Line("rflags", state.Rflags);
        Line("fcw", state.ControlWord);
        Line("fsw", state.StatusWord);
        Line("tags", state.Tags);
        Line("mxcsr", state.Mxcsr);
        for (int i = 0; i < 8; i++)
        {
            if (state.St(i).ContainsAnyExcept((byte)0))
                text.AppendLine(CultureInfo.InvariantCulture, $"  st{i} {Hex(state.St(i))}");
        }
        for (int i = 0; i < 16; i++)
        {
            if (state.Xmm(i).ContainsAnyExcept((byte)0))
                text.AppendLine(CultureInfo.InvariantCulture, $"  xmm{i} {Hex(state.Xmm(i))}");
        }
        return text.ToString();
    }

    /// <summary>Says where memory first differs; nothing if it does not.</summary>
    public static string DescribeWindow(ReadOnlySpan<byte> before, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        int at = expected.CommonPrefixLength(actual);
        if (at == expected.Length)
            return "";
        int length = Math.Min(16, expected.Length - at);
        string Bytes(ReadOnlySpan<byte> window) => Convert.ToHexStringLower(window.Slice(at, length));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"  window+{at:x}: before {Bytes(before)} host {Bytes(expected)} ours {Bytes(actual)}\n");
    }

    const ulong Flags = 0xcd5;

    static void Line(StringBuilder text, string name, ulong before, ulong expected, ulong actual)
    {
        if (expected != actual)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {name}: before {before:x} host {expected:x} ours {actual:x}");
    }

    static void Line(StringBuilder text, string name, Span<byte> before, Span<byte> expected, Span<byte> actual)
    {
        if (!expected.SequenceEqual(actual))
            text.AppendLine(
                CultureInfo.InvariantCulture, $"  {name}: before {Hex(before)} host {Hex(expected)} ours {Hex(actual)}");
    }

    // Highest byte first, as the value reads.
    static string Hex(Span<byte> bytes)
    {
        Span<byte> reversed = stackalloc byte[16];
        bytes.CopyTo(reversed);
        reversed.Reverse();
        return Convert.ToHexStringLower(reversed);
    }
}

using System;
using System.Linq;
using Iced.Intel;

namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>The forms that sequences are made of.</summary>
static class SequenceForms
{
    // Results that may differ between two correct processors would spoil what follows.
    static readonly Mnemonic[] _open =
    [
        Mnemonic.F2xm1, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1, Mnemonic.Fsin, Mnemonic.Fcos, Mnemonic.Fsincos, Mnemonic.Fptan,
        Mnemonic.Fpatan, Mnemonic.Fprem, Mnemonic.Fprem1, Mnemonic.Fbld, Mnemonic.Fcomi, Mnemonic.Fcomip, Mnemonic.Fucomi,
        Mnemonic.Fucomip, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Fldenv, Mnemonic.Frstor, Mnemonic.Fxsave,
        Mnemonic.Fxsave64, Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Ldmxcsr, Mnemonic.Rcpps, Mnemonic.Rcpss,
        Mnemonic.Rsqrtps, Mnemonic.Rsqrtss, Mnemonic.Sha1rnds4, Mnemonic.Sha1nexte, Mnemonic.Sha1msg1, Mnemonic.Sha1msg2,
        Mnemonic.Sha256rnds2, Mnemonic.Sha256msg1, Mnemonic.Sha256msg2,
    ];

    // What moves RSP elsewhere.
    static readonly Mnemonic[] _elsewhere = [Mnemonic.Leave];

    static readonly Code[] _integer = Of(FormSet.Integer);
    static readonly Code[] _sse = Of(FormSet.Sse);
    static readonly Code[] _mmx = Of(FormSet.Mmx);
    static readonly Code[] _x87 = Of(FormSet.X87);

    /// <summary>Integer forms.</summary>
    internal static ReadOnlySpan<Code> Integer => _integer;

    /// <summary>Integer forms that read a flag.</summary>
    internal static Code[] FlagReaders { get; } =
        [.. _integer.Where(code => (new Instruction { Code = code }.RflagsRead & RflagsBits.CF) != 0
            || code.Mnemonic() is Mnemonic.Seto or Mnemonic.Sets or Mnemonic.Setp or Mnemonic.Sete or Mnemonic.Setl
                or Mnemonic.Cmovo or Mnemonic.Cmovs or Mnemonic.Cmovnp or Mnemonic.Cmove or Mnemonic.Cmovge or Mnemonic.Lahf)];

    /// <summary>Branches that a condition decides, the counting ones among them.</summary>
    internal static Code[] Branches { get; } =
        [.. Enum.GetValues<Code>().Where(code => code.ToOpCode() is { Mode64: true, IsInstruction: true }
            && (code.IsJccShort() || code.IsJcxShort() || code.IsLoop() || code.IsLoopcc())
            && code.ToOpCode().GetOpKind(0) == OpCodeOperandKind.br64_1)];

    internal static ReadOnlySpan<Code> Of(SequenceKind kind) => kind switch
    {
        SequenceKind.Sse => _sse,
        SequenceKind.Mmx => _mmx,
        SequenceKind.X87 => _x87,
        _ => _integer,
    };

    static Code[] Of(FormSet set) =>
        [.. set.Forms.Where(code => Array.IndexOf(_open, code.Mnemonic()) < 0 && Array.IndexOf(_elsewhere, code.Mnemonic()) < 0)];
}

using System.Runtime.CompilerServices;
using KvmSharp.X86.FloatingPoint;

namespace KvmSharp.X86.Fpu;

/// <summary>x87's registers: eight numbers as a stack, controls and status. MMX's registers are the same, seen flat.</summary>
/// <remarks>
/// <code>
///  status word                                    control word
///  15 14 13:11 10 9  8  7  6  5:0                 11:10    9:8       5:0
///  B  C3 TOP   C2 C1 C0 ES SF PE UE OE ZE DE IE   rounding precision masks
/// </code>
/// <para>Invariants:</para>
/// <list type="bullet">
/// <item>ES and B are set if, and only if, an exception flag is set whose mask is clear;</item>
/// <item>TOP stands in the status word and nowhere else.</item>
/// </list>
/// </remarks>
struct X87State
{
    internal const ushort StackFault = 1 << 6;
    internal const ushort ErrorSummary = 1 << 7;
    internal const ushort C0 = 1 << 8;
    internal const ushort C1 = 1 << 9;
    internal const ushort C2 = 1 << 10;
    internal const ushort C3 = 1 << 14;
    internal const ushort Busy = 1 << 15;
    internal const ushort Conditions = C0 | C1 | C2 | C3;

    internal const ushort InitialControl = 0x37f;

    const int TopShift = 11;
    const int RegisterMask = 7;
    const ushort ControlAlwaysSet = 1 << 6;
    const ushort ControlDefined = 0x1f7f;

    Registers _registers;

    /// <summary>Exceptions, conditions and TOP.</summary>
    internal ushort Status;

    /// <summary>Bit i is set if physical register i is in use.</summary>
    internal byte Tags;

    /// <summary>The low eleven bits of the last instruction's opcode.</summary>
    internal ushort LastOpcode;

    /// <summary>Where the last instruction that was no control instruction stands.</summary>
    internal ulong LastInstruction;

    /// <summary>Its memory operand, or that of the last one which had one.</summary>
    internal ulong LastData;

    ushort _control;

    [InlineArray(RegisterMask + 1)]
    struct Registers
    {
        Float80 _first;
    }

    /// <summary>Masks, precision and rounding.</summary>
    internal ushort Control
    {
        readonly get => _control;

        set
        {
            _control = (ushort)((value & ControlDefined) | ControlAlwaysSet);
            UpdateSummary();
        }
    }

    /// <summary>The physical number of the top of the stack.</summary>
    internal int Top
    {
        readonly get => (Status >> TopShift) & RegisterMask;
        set => Status = (ushort)((Status & ~(RegisterMask << TopShift)) | ((value & RegisterMask) << TopShift));
    }

    /// <summary>An exception is pending: #MF before the next instruction that waits.</summary>
    internal readonly bool IsErrorPending => (Status & ErrorSummary) != 0;

    /// <summary>What an instruction's arithmetic is told.</summary>
    internal readonly FloatEnvironment Environment => new()
    {
        Masked = (FloatExceptions)Control & FloatExceptions.All,
        Rounding = (RoundingMode)((Control >> 10) & 3),
    };

    /// <summary>What the basic operations round to: the precision control, with the full range of exponents.</summary>
    internal readonly FloatFormat Precision => FloatFormat.Extended with
    {
        Precision = ((Control >> 8) & 3) switch
        {
            0 => FloatFormat.Single.Precision,
            2 => FloatFormat.Double.Precision,
            _ => FloatFormat.Extended.Precision,
        },
    };

    /// <summary>The state a new vCPU has: as after FNINIT, which is what KVM begins with.</summary>
    internal static X87State AtReset()
    {
        X87State state = default;
        state.Initialize();
        return state;
    }

    /// <summary>FNINIT.</summary>
    internal void Initialize()
    {
        Status = 0;
        Control = InitialControl;
        Tags = 0;
        LastOpcode = 0;
        LastInstruction = 0;
        LastData = 0;
    }

    /// <summary>Whether ST(i) is empty.</summary>
    internal readonly bool IsEmpty(int i) => ((Tags >> ((Top + i) & RegisterMask)) & 1) == 0;

    internal readonly Float80 St(int i) => _registers[(Top + i) & RegisterMask];

    /// <summary>Writes ST(i), which is in use from then on.</summary>
    internal void SetSt(int i, Float80 value)
    {
        int register = (Top + i) & RegisterMask;
        _registers[register] = value;
        Tags |= (byte)(1 << register);
    }

    /// <summary>Writes ST(i) and leaves its tag as it is.</summary>
    internal void RestoreSt(int i, Float80 value) => _registers[(Top + i) & RegisterMask] = value;

    internal void Push(Float80 value)
    {
        Top--;
        SetSt(0, value);
    }

    internal void Pop()
    {
        Free(0);
        Top++;
    }

    internal void Free(int i) => Tags &= (byte)~(1 << ((Top + i) & RegisterMask));

    internal readonly ulong Mm(int i) => _registers[i & RegisterMask].Significand;

    internal void SetMm(int i, ulong value) => _registers[i & RegisterMask] = new Float80(ushort.MaxValue, value);

    /// <summary>What each MMX instruction but EMMS does on the side.</summary>
    internal void EnterMmx()
    {
        Top = 0;
        Tags = byte.MaxValue;
    }

    /// <summary>Sets C1 and clears it otherwise.</summary>
    internal void SetC1(bool set) => Status = (ushort)((Status & ~C1) | (set ? C1 : 0));

    /// <summary>Sets the condition bits to <paramref name="conditions"/>.</summary>
    internal void SetConditions(int conditions) => Status = (ushort)((Status & ~Conditions) | conditions);

    /// <summary>Keeps exceptions.</summary>
    internal void Raise(FloatExceptions exceptions)
    {
        Status |= (ushort)exceptions;
        UpdateSummary();
    }

    /// <summary>FNCLEX.</summary>
    internal void ClearExceptions() => Status &= 0x7f00;

    /// <summary>Brings ES and B level with flags and masks.</summary>
    internal void UpdateSummary()
    {
        bool pending = (Status & ~Control & (int)FloatExceptions.All) != 0;
        Status = (ushort)((Status & ~(ErrorSummary | Busy)) | (pending ? ErrorSummary | Busy : 0));
    }
}

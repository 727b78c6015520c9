namespace KvmSharp.X86.Tests.Oracle.Sequences;

/// <summary>What a sequence mixes with integer instructions.</summary>
enum SequenceKind
{
    Integer,
    Sse,
    Mmx,
    X87,
}

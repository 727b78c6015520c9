namespace KvmSharp.X86.Operations;

/// <summary>Nothing: NOP, hints.</summary>
sealed class NoOperation : Operation
{
    internal override bool Execute(Cpu cpu) => true;
}

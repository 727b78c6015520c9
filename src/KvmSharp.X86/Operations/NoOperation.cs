using KvmSharp.X86.Translated;

namespace KvmSharp.X86.Operations;

/// <summary>Nothing: NOP, hints.</summary>
sealed class NoOperation : Operation
{
    internal override bool Execute(Cpu cpu) => true;

    internal override FlagUse FlagUse => FlagUse.Ignores;

    internal override void Emit(RegionEmitter code)
    {
    }
}

using Iced.Intel;
using KvmSharp.X86.Blocks;
using KvmSharp.X86.Events;

namespace KvmSharp.X86.Operations;

/// <summary>What this CPU has no operation for: #UD to the guest, counted unless the guest asked for it.</summary>
sealed class UndefinedInstruction(Code code) : Terminator
{
    internal override Block? Leave(Cpu cpu, Block block)
    {
        if (code is not (Code.Ud2 or Code.Ud0 or Code.Ud0_r16_rm16 or Code.Ud0_r32_rm32 or Code.Ud0_r64_rm64
            or Code.Ud1_r16_rm16 or Code.Ud1_r32_rm32 or Code.Ud1_r64_rm64))
        {
            cpu.CountUnknown(code);
        }
        cpu.Raise(Vector.InvalidOpcode);
        return null;
    }
}

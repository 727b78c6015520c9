namespace KvmSharp.X86.State;

/// <summary>Why interrupts are held back for one instruction. Values are those of KVM's vCPU events.</summary>
enum InterruptShadow : byte
{
    None = 0,
    MovSs = 1,
    Sti = 2,
}

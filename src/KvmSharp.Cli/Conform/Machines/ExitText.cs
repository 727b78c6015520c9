using KvmSharp.Backends;
using KvmSharp.Cli.Conform.Language;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>Exits, in the words of <see cref="Outcome"/>.</summary>
static class ExitText
{
    internal static string Of(in VcpuExit exit) => exit.Reason switch
    {
        VcpuExitReason.Io when exit.Io.Direction == IoDirection.Out =>
            $"io out {Outcome.Of(exit.Io.Port)} {Width(exit.Io)} {Outcome.OfData(exit.Data)}",
        VcpuExitReason.Io => $"io in {Outcome.Of(exit.Io.Port)} {Width(exit.Io)}",
        VcpuExitReason.Mmio when exit.Mmio.IsWrite => MmioText.Write(exit.Mmio.Address.Value, exit.Data),
        VcpuExitReason.Mmio => MmioText.Read(exit.Mmio.Address.Value, exit.Mmio.Length),
        VcpuExitReason.Hlt => "hlt",
        VcpuExitReason.Shutdown => "shutdown",
        VcpuExitReason.Intr => "intr",
        VcpuExitReason.IrqWindowOpen => "irq-window-open",
        VcpuExitReason.DirtyRingFull => "dirty-ring-full",
        VcpuExitReason.InternalError => $"internal-error {Outcome.Of((ulong)exit.InternalError.Kind)}",
        VcpuExitReason.MemoryFault => "memory-fault",
        _ => $"exit {Outcome.Of((ulong)exit.Reason)}",
    };

    static string Width(in IoExit io) => $"{io.Size}x{io.Count}";
}

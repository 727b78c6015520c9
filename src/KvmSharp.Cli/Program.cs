using System.Runtime.InteropServices;
using System.Threading;
using KvmSharp.Cli;

using var interruption = new CancellationTokenSource();

// The first Ctrl-C ends a command in its own time, the second at once.
void Interrupt(PosixSignalContext context)
{
    context.Cancel = !interruption.IsCancellationRequested;
    interruption.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
return CommandLineProgram.Run(args, Terminal.OfProcess(), interruption.Token);
